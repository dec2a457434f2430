"""The order in which every writer takes its locks, and the advisory ones among them.

1. the request's idempotency key, so that a retry waits for the first; 2. what one of the staff may still adjust
today, so that two requests of theirs cannot both use the last of it; 3. the stripe of a subject, so that an award
and a deletion of its subject never pass each other unseen (before the seasons, since only the subject's awards tell
which those are); 4. the season; 5. members' rows that are new, sorted by their ids; 6. accounts, in one statement,
sorted by id; 7. events, sorted by (source, id); 8. adjustments that wait, product, day counter: last, since they are
hot.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import blake2b

from sqlalchemy import text
from sqlalchemy.orm import Session

IDEMPOTENCY_CLASS = 1
SUBJECT_CLASS = 2
SEASON_CLASS = 3
SEALING_CLASS = 4
CAP_CLASS = 5
LAPSING_CLASS = 6
SUBJECT_STRIPES = 64
"""Few, so that a batch of any size takes at most this many of the server's lock slots."""

_SHARED = text("select pg_advisory_xact_lock_shared(:kind, key) from unnest(cast(:keys as int[])) as key")
_EITHER = text(
    "select case when own then cast(pg_advisory_xact_lock(:kind, key) as text)"
    " else cast(pg_advisory_xact_lock_shared(:kind, key) as text) end"
    " from unnest(cast(:keys as int[]), cast(:owned as boolean[])) as k(key, own)"
)
_EXCLUSIVE = text("select pg_advisory_xact_lock(:kind, key) from unnest(cast(:keys as int[])) as key")


def share_seasons(session: Session, seasons: Iterable[date]) -> None:
    """Keep the seasons from changing state until the transaction ends. Take before reading their state."""
    keys = sorted({season.toordinal() for season in seasons})
    if keys:
        session.execute(_SHARED, {"kind": SEASON_CLASS, "keys": keys})


def own_season(session: Session, season: date, *, timeout_s: int = 1) -> None:
    """Take a season for changing its state. Raises OperationalError (55P03) after `timeout_s`: try again later."""
    session.execute(text(f"set local lock_timeout = '{timeout_s}s'"))
    session.execute(_EXCLUSIVE, {"kind": SEASON_CLASS, "keys": [season.toordinal()]})


def lock_subjects(session: Session, *, awarded: Iterable[str], reversed_: Iterable[str]) -> None:
    """Serialise awards that another member's deletion may reverse with such deletions. Subjects share stripes."""
    exclusive = {stripe(subject) for subject in reversed_}
    keys = sorted(exclusive | {stripe(subject) for subject in awarded})
    if keys:
        # One statement in one order over both modes: two would interleave into a deadlock.
        session.execute(_EITHER, {"kind": SUBJECT_CLASS, "keys": keys, "owned": [key in exclusive for key in keys]})


def own_sealing(session: Session) -> None:
    """Wait for whoever is sealing a block: their heights have no gap. Sealing takes no other lock."""
    session.execute(_EXCLUSIVE, {"kind": SEALING_CLASS, "keys": [0]})


def own_lapsing(session: Session) -> None:
    """Wait for whoever begins a run that sweeps what has lapsed. Beginning one takes no other lock."""
    session.execute(_EXCLUSIVE, {"kind": LAPSING_CLASS, "keys": [0]})


def own_idempotency_key(session: Session, *, scope: str, key: str) -> None:
    """Wait for whoever is answering the same key now. Take before every other lock."""
    session.execute(_EXCLUSIVE, {"kind": IDEMPOTENCY_CLASS, "keys": [_digest(f"{scope}\n{key}")]})


def own_cap(session: Session, actor: str) -> None:
    """Wait for the same one of the staff, who adjusts something else now. Take before what they have used is read."""
    session.execute(_EXCLUSIVE, {"kind": CAP_CLASS, "keys": [_digest(actor)]})


def _digest(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big", signed=True)


def stripe(subject: str) -> int:
    """The stripe of a subject; stable over processes."""
    return int.from_bytes(blake2b(subject.encode(), digest_size=4).digest(), "big") % SUBJECT_STRIPES
