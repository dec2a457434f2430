"""Adjustments that waited for a second of the staff, made to disagree with what became of them."""

import pytest
from sqlalchemy import Engine

from tests.support.checker import broken_rows
from tests.support.everything import LATER
from tests.verify.conftest import Tamper

WAITS = "(select adjustment_id from adjustment where state = 'waiting')"
APPROVED = "(select adjustment_id from adjustment where state = 'approved')"
SEQ = "(select seq from adjustment where state = 'approved')"

PLANTED: dict[str, tuple[str, str]] = {
    "a refused one that waits again": (
        "adjustment history",
        "update adjustment set state = 'waiting' where state = 'refused'",
    ),
    "a withdrawn one that is refused": (
        "adjustment history",
        "update adjustment set state = 'refused' where state = 'withdrawn'",
    ),
    "one that nobody asked for": (
        "adjustment history",
        f"delete from adjustment_history where adjustment_id = {WAITS}",
    ),
    "one that was decided twice": (
        "adjustment history",
        f"insert into adjustment_history values ({APPROVED}, 'refused', 'staff:third', now())",
    ),
    "one that its asker approved": (
        "second of the staff",
        f"update adjustment_history set actor = 'staff:second' where adjustment_id = {APPROVED}",
    ),
    "other points than were approved": (
        "adjustment entry",
        "update adjustment set points = points - 1 where state = 'approved'",
    ),
    "an entry of another kind": ("adjustment entry", "update adjustment set seq = 1 where state = 'approved'"),
    "an entry that is not there": ("adjustment entry", "update adjustment set seq = 900 where state = 'approved'"),
    "one entry for two": (
        "adjustment entry",
        f"update adjustment set state = 'approved', seq = {SEQ} where state = 'waiting'",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_it_is_named(what: str, engine: Engine, tamper: Tamper) -> None:
    # given
    check, statement = PLANTED[what]

    # when
    assert tamper(statement) > 0
    found = broken_rows(engine, now=LATER)

    # then
    assert check in {finding.check for finding in found}, found
    assert all(finding.where.startswith("adjustment ") for finding in found if finding.check == check)
