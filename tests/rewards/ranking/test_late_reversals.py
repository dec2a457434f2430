"""A reversal of an award of a final season: the standing stays, and staff see what it would have changed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.earning.record import record
from rewards.policy.load import policy_in_force
from rewards.ranking.late_reversals import Before, late_among, late_reversals, latest_late
from rewards.ranking.season_rows import SeasonRow
from rewards.ranking.standings import read_standings
from rewards.settlement import settle
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare

LIKES = {"mina": 5, "jun": 4, "sol": 3, "hana": 2}


@pytest.fixture
def week(session: Session) -> SeasonRow:
    """A week that is final, won by mina, jun and sol."""
    prepare(session, now=START)
    row = open_week(session, now=START)
    for member_id, times in LIKES.items():
        say(session, member_id, "created", range(times), now=START)
    settle(session, row.season_id, review=False, today=CALENDAR.day_of(START), now=row.grace_ends_at)
    return row


def say(session: Session, member_id: str, what: str, numbers: range, *, now: datetime) -> None:
    """Posts of a member on a board with 30 points for each."""
    policy = policy_in_force(session, now=now)
    events = [
        make_event(
            f"post.{what}",
            member_id,
            subject=f"post:{member_id}:{number}",
            at=now - timedelta(hours=number),
            board="qna",
        )
        for number in numbers
    ]
    record(session, events, terms=policy.terms(calendar=CALENDAR, grace_s=GRACE_S), now=now)


def test_the_standing_stays_and_each_is_listed(session: Session, week: SeasonRow) -> None:
    """With the one marked that would have taken the third prize away, and the one that gives it back."""
    before = read_standings(session, week.season_id, final=True, limit=9)
    later = week.grace_ends_at + timedelta(days=1)
    say(session, "hana", "deleted", range(1), now=later)
    say(session, "sol", "deleted", range(2), now=later + timedelta(seconds=1))
    say(session, "sol", "deleted", range(2, 3), now=later + timedelta(seconds=2))

    listed = late_reversals(session, week.season_id, winners=3)

    assert [(late.member_id, late.points, late.changes_winners) for late in listed] == [
        ("hana", -30, False),
        ("sol", -30, False),
        ("sol", -30, False),
        ("sol", -30, True),
    ]
    assert read_standings(session, week.season_id, final=True, limit=9) == before
    assert (
        session.execute(text("select state from season where season_id = :id"), {"id": week.season_id}).scalar_one()
        == "final"
    )


def test_nothing_is_listed_where_nothing_came_late(session: Session, week: SeasonRow) -> None:
    assert late_reversals(session, week.season_id, winners=3) == []


def test_over_all_seasons_the_latest_come_first_page_by_page(session: Session, week: SeasonRow) -> None:
    """With what was given again too; the one that waits for nobody is not among them."""
    later = week.grace_ends_at + timedelta(days=1)
    say(session, "sol", "deleted", range(2), now=later)
    say(session, "mina", "deleted", range(5), now=later + timedelta(seconds=2))
    say(session, "sol", "restored", range(1), now=later + timedelta(hours=3))

    first = latest_late(session, limit=3)
    before = Before(first[-1].recorded_at, first[-1].account_id, first[-1].seq)
    rest = latest_late(session, limit=9, before=before)

    of_week = late_reversals(session, week.season_id, winners=3)
    assert [*first, *rest] == of_week[::-1]
    assert (first[0].kind, first[0].season, len(of_week)) == ("restore", week.season_id, 8)
    assert late_among(session, [week.season_id, later.date()]) == {week.season_id}


def test_a_season_that_is_not_final_has_nothing_that_is_too_late(session: Session) -> None:
    prepare(session, now=START)
    open_week(session, now=START)
    say(session, "mina", "created", range(2), now=START)
    say(session, "mina", "deleted", range(2), now=START)

    assert latest_late(session, limit=9) == []
