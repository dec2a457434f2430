"""What happens to members who are merged, and what verify says of it."""

from datetime import datetime, timedelta
from typing import Any

from ledger.verify_slices import Finding
from rewards.earning.events import Event
from rewards.merging import Merged, merge
from tests.support.checker import broken_rows
from tests.support.clock import START
from tests.support.factories import make_comment
from tests.support.world import World

LATER = START + timedelta(minutes=1)


def merge_old(world: World, *, now: datetime = LATER, gone: str = "old", into: str = "new") -> Merged:
    """Merge one member into another, as staff do."""
    calendar = world.terms.calendar
    return world.run(lambda session: merge(session, gone, into=into, actor="staff:mina", calendar=calendar, now=now))


def comment(member_id: str, number: int = 1, **said: Any) -> Event:
    """A comment of its own, half a minute before the one with the number before: none is too soon."""
    at = START - number * timedelta(seconds=30)
    return make_comment(member_id, **{"subject": f"comment:{number}", "at": at, **said})


def broken_now(world: World) -> list[Finding]:
    """What verify finds, as of the last time that anything was written."""
    last = world.rows("select coalesce(max(recorded_at), :start) as at from account", start=START)[0].at
    return broken_rows(world.engine, now=last)
