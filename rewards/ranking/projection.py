"""Leaderboards in Redis, kept equal to PostgreSQL.

Values are absolute and guarded by their version, and the cursor moves in the script that writes them. So whatever
happens to Redis (emptied, restarted, replaced by an old copy) or to the outbox shows as a cursor that is missing,
behind or strange: what is behind is caught up, the rest rebuilt beside the old and switched to.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple, TypeVar

import redis
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.tail import Ground, Sight, accounts_since, is_past, stand
from rewards.ranking.keys import CURRENT, KEPT_DAYS, LIVE, LIVE_S, kept, prefix
from rewards.ranking.rows import ProjectedRow, all_rows, rows_of
from rewards.ranking.scripts import APPLY, HELD, SWITCH

TOPICS = ("points", "attendance", "member")
"""Notices that say: look at this account's rows again."""
ROWS_PER_SCRIPT = 500
ROWS_PER_PIPELINE = 2000
VOUCH_WITHIN_MS = 2000
"""How old, by Redis's own clock, a look at PostgreSQL may be to vouch for the copy."""
BUILDING_S = 3600
RETIRED_S = 60
PRUNED_MARGIN = timedelta(hours=1)

Item = TypeVar("Item")
Progress = Callable[[int], None]


class Cursor(NamedTuple):
    """How far Redis is: the sight it has taken in, when, and a token that no other copy has."""

    sight: Sight
    seen_at: datetime
    token: str

    def encode(self) -> bytes:
        """As kept in Redis."""
        return f"{self.sight.generation}|{self.sight.snapshot}|{self.seen_at.timestamp():.0f}|{self.token}".encode()


class Held(NamedTuple):
    """The generation that is current in Redis, its cursor as it stands there, and when (Redis's time, in ms)."""

    generation: bytes
    cursor: bytes
    at_ms: int


class Projected(NamedTuple):
    """What one step did: `applied` rows, `rebuilt` them all, or found that another was faster (`overtaken`)."""

    outcome: Literal["applied", "rebuilt", "overtaken"]
    rows: int


def project(session: Session, client: redis.Redis, *, now: datetime) -> Projected:
    """Take in what has become visible since the last step, then vouch for the copy for 3 s.

    Wants a READ ONLY, REPEATABLE READ transaction that ends afterwards. Raises redis.RedisError where Redis is away.
    """
    held = _held(client)
    cursor = _cursor_from(held.cursor) if held else None
    ground = stand(session)
    if held is None or cursor is None or not _continues(session, cursor, ground=ground):
        return Projected("rebuilt", rebuild(session, client, now=now))
    accounts = accounts_since(session, cursor.sight, topics=TOPICS)
    rows = list(rows_of(session, accounts, now=now)) if accounts else []
    target = Cursor(ground.sight, now, _token())
    return Projected("applied" if apply(client, rows, held=held, cursor=target) else "overtaken", len(rows))


def apply(client: redis.Redis, rows: list[ProjectedRow], *, held: Held, cursor: Cursor) -> bool:
    """Write rows over the copy that `held` names, and then `cursor`. False where that copy is not there any more."""
    script = client.register_script(APPLY)
    expected, between = held.cursor, _cursor_from(held.cursor)
    assert between is not None
    _mark_unfit(client, rows, generation=held.generation.decode())
    chunks = list(_chunks(rows, ROWS_PER_SCRIPT)) or [[]]
    for number, chunk in enumerate(chunks, start=1):
        last = number == len(chunks)
        # A new token with each script: a copy from before the first one is noticed at the second.
        following = (cursor if last else between._replace(token=_token())).encode()
        until_ms = held.at_ms + VOUCH_WITHIN_MS
        head = [held.generation, prefix(held.generation.decode()), expected, following, LIVE_S if last else 0, until_ms]
        cells = [cell for row in chunk for cell in row[:5]]
        if not script(keys=[CURRENT, LIVE, _cursor_key(held.generation.decode())], args=head + cells):
            return False
        expected = following
    return True


def rebuild(session: Session, client: redis.Redis, *, now: datetime, progress: Progress | None = None) -> int:
    """Write all rows under a new generation and switch to it; answers how many. Readers are not disturbed.

    Wants a READ ONLY, REPEATABLE READ transaction. `progress` is told the rows written so far.
    """
    generation = uuid7().hex
    ground = stand(session)
    written = chunks = 0
    # Redis takes one chunk in while PostgreSQL gives the next.
    with ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        for chunk in _chunks(all_rows(session, now=now), ROWS_PER_PIPELINE):
            if writing:
                writing.result()
            writing = writer.submit(_write_new, client, chunk, generation=generation)
            written, chunks = written + len(chunk), chunks + 1
            if progress:
                progress(written)
        if writing:
            writing.result()
    cursor = Cursor(ground.sight, now, _token())
    keys = [CURRENT, _cursor_key(generation)]
    switched = client.register_script(SWITCH)(
        keys=keys, args=[generation, prefix(generation), cursor.encode(), chunks, RETIRED_S]
    )
    if not switched:
        raise redis.ConnectionError("Redis lost a part of the new generation while it was written.")
    return written


def drop_past(client: redis.Redis, *, now: datetime) -> int:
    """Remove periods that nobody reads from Redis any more; answers how many."""
    held = _held(client)
    if held is None:
        return 0
    before = prefix(held.generation.decode())
    sets: set[bytes] = client.smembers(f"{before}sets")  # pyright: ignore[reportAssignmentType] -- not the async client
    past = [name.decode() for name in sets if not _is_kept(name.decode(), now=now)]
    for name in past:
        client.unlink(f"{before}{name}", f"{before}{name}:versions")
        client.srem(f"{before}sets", name)
    return len(past)


def _is_kept(name: str, *, now: datetime) -> bool:
    leaderboard, _, period = name.partition(":")
    started = datetime.fromisoformat(period).replace(tzinfo=UTC)
    ends_at = started + timedelta(days=12) if leaderboard == "season" else None
    return kept(now, days=KEPT_DAYS).includes(leaderboard, started.date(), season_ends_at=ends_at)


def _held(client: redis.Redis) -> Held | None:
    found = client.register_script(HELD)(keys=[CURRENT])
    return Held(*found) if isinstance(found, list) else None


def _cursor_from(value: bytes) -> Cursor | None:
    found = re.fullmatch(r"(\d+)\|(\d+:\d+:[\d,]*)\|(\d+)\|(\w+)", value.decode("ascii", "replace"))
    if found is None:
        return None
    seen_at = datetime.fromtimestamp(int(found[3]), UTC)
    return Cursor(Sight(int(found[1]), found[2]), seen_at, found[4])


def _continues(session: Session, cursor: Cursor, *, ground: Ground) -> bool:
    """Whether everything after the cursor is still to be found in the outbox of this database."""
    if ground.pruned_before is not None and ground.pruned_before + PRUNED_MARGIN > cursor.seen_at:
        return False
    return cursor.sight.generation == ground.sight.generation and is_past(session, cursor.sight)


def _write_new(client: redis.Redis, rows: list[ProjectedRow], *, generation: str) -> None:
    scores: dict[str, list[bytes]] = {}
    versions: dict[str, list[bytes]] = {}
    for row in rows:
        versions.setdefault(row.set, []).extend((row.account, b"%d %s" % (row.version, row.name)))
        if row.score:
            scores.setdefault(row.set, []).extend((row.score, row.name))
    before = prefix(generation)
    with client.pipeline(transaction=True) as pipe:
        for name, cells in scores.items():
            pipe.execute_command("ZADD", f"{before}{name}", *cells)
            pipe.expire(f"{before}{name}", BUILDING_S)
        for name, cells in versions.items():
            pipe.execute_command("HSET", f"{before}{name}:versions", *cells)
            pipe.expire(f"{before}{name}:versions", BUILDING_S)
        pipe.sadd(f"{before}sets", *versions)
        pipe.expire(f"{before}sets", BUILDING_S)
        pipe.incr(f"{before}chunks")
        pipe.expire(f"{before}chunks", BUILDING_S)
        pipe.execute()
    _mark_unfit(client, rows, generation=generation)


def _mark_unfit(client: redis.Redis, rows: Iterable[ProjectedRow], *, generation: str) -> None:
    """Readers ask PostgreSQL about a period in which somebody's score would not be exact."""
    unfit = {row.set for row in rows if not row.fits}
    if unfit:
        client.sadd(f"{prefix(generation)}unfit", *unfit)


def _cursor_key(generation: str) -> str:
    return f"{prefix(generation)}cursor"


def _token() -> str:
    return uuid7().hex


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
