"""Leaderboards read from Redis, in one round trip together with the projection's word that it can be trusted."""

from dataclasses import dataclass
from uuid import UUID

import redis

from rewards.ranking.keys import CURRENT, LIVE
from rewards.ranking.order import Reached, Scale, name_of, reached_from, score_of
from rewards.ranking.scripts import READ


@dataclass(frozen=True, slots=True)
class Found:
    """Part of a sorted set: how many it holds, and places from `first_rank` on."""

    total: int
    first_rank: int
    places: list[Reached]


def page(client: redis.Redis, name: str, *, scale: Scale, after: Reached | None, limit: int) -> Found | None:
    """Places from the top, or after one. None where Redis is away or not vouched for: ask PostgreSQL."""
    begin: tuple[str | bytes, str | bytes] = ("", "")
    if after is not None:
        begin = (str(score_of(after, scale=scale)), name_of(after, scale=scale))
    return _ask(client, [name, "after", limit, *begin], scale=scale)


def around(client: redis.Redis, name: str, *, scale: Scale, account_id: UUID, n: int) -> Found | None:
    """A member's place with `n` on either side; none where the member has no place. None as for `page`."""
    return _ask(client, [name, "around", n, account_id.hex], scale=scale)


def _ask(client: redis.Redis, arguments: list[str | bytes | int], *, scale: Scale) -> Found | None:
    try:
        answer = client.register_script(READ)(keys=[CURRENT, LIVE], args=arguments)
    except redis.RedisError:
        return None
    if not isinstance(answer, list):
        return None
    total, first, cells = answer
    pairs = zip(cells[::2], cells[1::2], strict=True)
    places = [reached_from(int(float(score)), name, scale=scale) for name, score in pairs]
    return Found(total, first + 1, places)
