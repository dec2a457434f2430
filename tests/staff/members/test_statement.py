"""A statement as staff read it: entries and decisions that moved nothing, in the order in which they were made."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from rewards.earning.correct import adjust, reverse_award
from rewards.earning.events import Event
from rewards.runtime.database import snapshot
from rewards.staff.statement import TOP, Before, StaffLine, before_next, entry_line, staff_statement
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.world import World, open_world

WHAT = ("award", "capped", "ignored", "rejected", "declined", "adjustment")


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def lines_of(world: World, *, only: str | None = None, size: int = 50, member_id: str = "mina") -> list[StaffLine]:
    """All lines, read in pages."""
    found: list[StaffLine] = []
    before = TOP
    account_id = world.account_id(member_id)
    with snapshot(world.engine) as session:
        while page := staff_statement(session, account_id, limit=size, before=before, only=only):
            found += page
            before = before_next(page, before)
    return found


def as_said(lines: list[StaffLine]) -> list[str]:
    return [line.line.kind if line.line else line.decided.outcome if line.decided else "?" for line in lines]


def history(world: World) -> None:
    """One of everything that happens to a single member."""
    world.record(make_comment("mina", subject="comment:1", board="free"))
    world.record(
        make_comment("mina", at=START + timedelta(seconds=1)),
        make_event("poll.closed", "mina"),
        make_event("post.created", "mina", board="market", subject="post:9"),
        make_event("comment.deleted", "mina", subject="comment:5"),
        make_comment("mina", subject="comment:5"),
    )
    world.run(lambda session: adjust(session, "mina", points=7, reason="thanks", actor="staff:mina", now=START))
    world.run(
        lambda session: reverse_award(
            session, "mina", seq=1, reason="fraud", actor="staff:mina", terms=world.terms, now=START
        )
    )


def test_every_decision_is_there_with_its_reason_newest_first(world: World) -> None:
    history(world)

    lines = lines_of(world)

    assert as_said(lines) == [
        "reversal",
        "adjustment",
        "rejected",
        "ignored",
        "declined",
        "ignored",
        "capped",
        "award",
    ]
    reasons = [line.decided.reason for line in lines if line.decided and line.decided.reason]
    assert reasons == ["deleted_before", "nothing_to_reverse", "not_enough_points", "no_rule", "cooldown"]


def test_a_line_knows_its_event_its_rule_and_what_took_it_back(world: World) -> None:
    history(world)

    award = lines_of(world, only="award")[0]

    assert award.line
    assert award.decided
    assert (award.decided.type, award.decided.board, award.decided.rule) == (
        "comment.created",
        "free",
        "comment.created@1",
    )
    assert award.undone_by == 3
    assert (award.line.season, award.line.month) == (
        world.terms.calendar.week_of(START.date()),
        START.date().replace(day=1),
    )
    assert lines_of(world, only="reversal")[0].noted_by == "staff:mina"


@pytest.mark.parametrize(
    "only,expected",
    [
        ("moved", ["reversal", "adjustment", "award"]),
        ("unmoved", ["rejected", "ignored", "declined", "ignored", "capped"]),
        ("ignored", ["ignored", "ignored"]),
        ("adjustment", ["adjustment"]),
        ("refund", []),
    ],
)
def test_it_can_be_narrowed(world: World, only: str, expected: list[str]) -> None:
    history(world)

    assert as_said(lines_of(world, only=only)) == expected


def test_one_entry_is_found_by_its_number_and_another_members_is_not(world: World) -> None:
    history(world)
    world.record(make_event("member.joined", "jun"))

    with snapshot(world.engine) as session:
        account_id = world.account_id("mina")
        assert entry_line(session, account_id, seq=3) is not None
        assert entry_line(session, account_id, seq=4) is None
        assert entry_line(session, world.account_id("jun"), seq=3) is None


def happening(world: World, what: str, number: int) -> None:
    """Something that ends in this outcome."""
    at = START + timedelta(minutes=number)
    events: dict[str, Callable[[], Event]] = {
        "award": lambda: make_event("like.received", "mina", at=at, subject=f"post:{number}"),
        "capped": lambda: make_event("member.joined", "mina", at=at),
        "ignored": lambda: make_event("poll.closed", "mina", at=at),
        "rejected": lambda: make_comment("mina", subject="comment:gone", at=START - timedelta(hours=1)),
        "declined": lambda: make_event("post.created", "mina", board="market", at=at, subject=f"sale:{number}"),
    }
    if what == "adjustment":
        world.run(lambda session: adjust(session, "mina", points=1, reason="x", actor="staff:a", now=at))
    else:
        world.record(events[what](), now=at)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(st.sampled_from(WHAT), min_size=1, max_size=12), size=st.integers(1, 5))
def test_pages_put_together_are_the_whole_statement(world: World, happened: list[str], size: int) -> None:
    for number, what in enumerate(happened, start=len(lines_of(world)) if known(world) else 1):
        happening(world, what, number)

    whole = lines_of(world, size=1000)

    assert lines_of(world, size=size) == whole
    assert as_said(lines_of(world, only="moved", size=size)) == as_said([line for line in whole if line.line])
    assert as_said(lines_of(world, only="unmoved", size=size)) == as_said([line for line in whole if not line.line])
    numbers = [line.decided.decision_no for line in whole if line.decided]
    assert numbers == sorted(numbers, reverse=True)


def known(world: World) -> bool:
    return bool(world.rows("select 1 from member where member_id = 'mina'"))


def test_a_page_goes_on_where_the_one_before_ended() -> None:
    assert before_next([], Before(5, 9)) == Before(5, 9)
