"""Fill an empty database with a long history through the service's own rules: chains, caps, leaderboards, standings.

What is slow in the service is left away (a transaction for each few events, and what it reads before), what it decides
and writes is its own code. So `rewards verify` finds nothing afterwards.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from functools import partial

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

from bench.community import CALENDAR, community, found
from bench.crowd import load_crowd
from bench.doubles import load_doubles
from bench.everyday import load_regulars, load_saver
from bench.history import Size, crowds, doubles_of
from ledger.blocks import seal
from ledger.signing import Keyring
from ledger.tail import prune
from rewards.runtime.database import create_engine_from, transaction
from rewards.settlement import due_seasons, settle

Say = Callable[[int], None]
"""Told how many more entries are written."""
Part = Callable[..., int]
"""Loads a part of the history and answers how many entries that were."""
_AUDIT = text(
    "insert into audit (actor, action, about, detail, recorded_at) select 'staff:bench-' || n % 20,"
    " (array['member.adjusted', 'redemption.claimed', 'redemption.fulfilled'])[1 + n % 3], 'member:' || n % :members,"
    " '{}', :since + n * interval '1 minute' from generate_series(1, :lines) as n"
)


def load(url: str, size: Size, *, admin_url: str, keyring: Keyring, workers: int, say: Say = lambda _: None) -> None:
    """Fill the migrated, empty database at `url` (the service's role) in `workers` processes.

    The superuser at `admin_url` looks after statistics, and lets the service's role make temporary tables.
    """
    engine = engine_for(url)
    admin = psycopg.connect(admin_url, autocommit=True)
    allow = sql.SQL("grant temporary on database {} to {}")
    admin.execute(allow.format(*map(sql.Identifier, (str(engine.url.database), str(engine.url.username)))))
    with transaction(engine) as session:
        found(session, size)
        session.execute(_AUDIT, {"members": size.members, "since": size.since, "lines": size.entries // 50})
    engine.dispose()
    originals = [partial(load_crowd, crowd=crowd) for crowd in crowds(size)]
    for parts in (originals, list(_others(size))):
        for written in _run(parts, url=url, size=size, workers=workers):
            say(written)
        admin.execute("analyze")
    _finish(engine, keyring=keyring, now=size.until)
    engine.dispose()
    admin.execute("vacuum analyze")
    admin.execute("checkpoint")
    admin.close()


def engine_for(url: str) -> Engine:
    """An engine without bounds on how long a statement takes."""
    return create_engine_from(url, pool_size=2, application_name="bench", statement_timeout_s=0)


def _others(size: Size) -> Iterator[Part]:
    """The longest ones first, so that none is left alone at the end."""
    yield load_regulars
    yield load_saver
    for doubles in doubles_of(size):
        yield partial(load_doubles, doubles=doubles)


def _run(parts: Sequence[Part], *, url: str, size: Size, workers: int) -> Iterator[int]:
    if workers == 1:
        yield from (_load_part(part, url=url, size=size) for part in parts)
        return
    with ProcessPoolExecutor(workers) as pool:
        for done in as_completed([pool.submit(_load_part, part, url=url, size=size) for part in parts]):
            yield done.result()


def _load_part(part: Part, *, url: str, size: Size) -> int:
    engine = engine_for(url)
    with transaction(engine) as session:
        at_home = community(session, now=size.until)
    written = part(engine, size=size, at_home=at_home)
    engine.dispose()
    return written


def _finish(engine: Engine, *, keyring: Keyring, now: datetime) -> None:
    """Forget the outbox, settle the weeks that are over, and seal all accounts."""
    with transaction(engine) as session:
        prune(session, before=now)
        due = due_seasons(session, review=False, now=now)
    for week in due:
        with transaction(engine) as session:
            settle(session, week, review=False, today=CALENDAR.day_of(now), now=now)
    sealed = True
    while sealed:
        with transaction(engine) as session:
            sealed = seal(session, keyring=keyring, now=now) is not None
