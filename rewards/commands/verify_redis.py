"""Redis against PostgreSQL: some places at a time, again while they differ, since writers and the projection go on."""

import time
from collections.abc import Callable

import redis

from ledger.verify_slices import Finding
from rewards.commands.context import Context
from rewards.ranking.keys import LIVE
from rewards.runtime.database import snapshot
from rewards.runtime.redis import connect_redis_for_projection
from rewards.verify_ranking import Place, compare_from, first_places

LOOKS = 5
LOOK_AGAIN_AFTER_S = 1.0


class _Unsaid(Exception):
    """Nothing can be said: nobody vouches for Redis' copy, or no two looks saw the same."""


def compare_ranking(context: Context, *, rest: Callable[[float], None] = lambda _: None) -> list[Finding] | None:
    """The first difference of each present leaderboard; `rest` is told how many seconds were read.

    None where nothing can be said: Redis is away, nobody vouches for its copy, or it differs otherwise at each look.
    """
    client = connect_redis_for_projection(context.settings.redis_url)
    with snapshot(context.engine) as session:
        places = first_places(session, calendar=context.calendar, now=context.clock())
    try:
        found = [_first_difference(context, client, first=first, rest=rest) for first in places]
    except (redis.RedisError, _Unsaid):
        return None
    return [finding for finding in found if finding is not None]


def _first_difference(
    context: Context, client: redis.Redis, *, first: Place, rest: Callable[[float], None]
) -> Finding | None:
    place: Place | None = first
    while place is not None:
        began_s = time.monotonic()
        finding, place = _look_until_steady(context, client, place=place)
        if finding is not None:
            return finding
        rest(time.monotonic() - began_s)
    return None


def _look_until_steady(context: Context, client: redis.Redis, *, place: Place) -> tuple[Finding | None, Place | None]:
    """What others write makes another difference at each look; what is wrong is the same difference at all of them."""
    seen: set[Finding] = set()
    for look in range(LOOKS):
        if look:
            time.sleep(LOOK_AGAIN_AFTER_S)
        vouched = client.get(LIVE)
        with snapshot(context.engine) as session:
            finding, following = compare_from(session, client, place=place, now=context.clock())
        if vouched is None or client.get(LIVE) != vouched:
            raise _Unsaid
        if finding is None:
            return None, following
        seen.add(finding)
    if len(seen) > 1:
        raise _Unsaid
    return seen.pop(), None
