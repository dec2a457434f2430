"""A season's way from open to final, its standing, and its prizes."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ledger.locks import share_seasons
from market.redemptions import reject
from rewards.errors import NotInStanding, PrizeNotReturned, SeasonNotInReview, SeasonNotOver, UnknownThing
from rewards.ranking.read import top
from rewards.ranking.season_rows import SeasonRow, ensure_current, open_backfill, read_season, state_at
from rewards.ranking.standings import StandingRow, hash_of, read_standings, standing_rows, winners_of
from rewards.runtime.database import transaction
from rewards.settlement import Settled, disqualify, due_seasons, make_final, pass_prize_on, settle
from tests.support.clock import START
from tests.support.ranking import Standing, as_shown, give
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "standings.md"
POINTS = {"가을": 180, "mina": 260, "jun": 180, "sol": 40, "hana": 30}
PLACES = ["mina", "jun", "가을", "sol", "hana"]


@pytest.fixture
def week(session: Session) -> SeasonRow:
    """An open week with five members in it, two of them tied; committed."""
    prepare(session, now=START)
    row = open_week(session, now=START)
    standings = [Standing(member_id, points, START) for member_id, points in POINTS.items()]
    give(session, standings, leaderboard="season", period=row.season_id, now=START)
    session.commit()
    return row


def accounts_of(session: Session) -> Mapping[str, UUID]:
    """Accounts by member."""
    return {row.member_id: row.account_id for row in session.execute(text("select member_id, account_id from member"))}


def settled(session: Session, week: SeasonRow, *, now: datetime, review: bool = False) -> Settled:
    """The week settled at `now`."""
    return settle(session, week.season_id, review=review, today=CALENDAR.day_of(now), now=now)


def test_a_season_becomes_final_with_its_standing_and_three_prizes(session: Session, week: SeasonRow) -> None:
    """Equal points: the earlier, and here the smaller id by its bytes, first."""
    # when
    result = settled(session, week, now=week.grace_ends_at)
    # then
    assert result == Settled(week.season_id, "final", moved=True, prizes=3)
    lines = read_standings(session, week.season_id, final=True, limit=10)
    assert [line.member_id for line in lines] == PLACES
    assert [line.place for line in lines] == [1, 2, 3, 4, 5]
    winners = winners_of(session, [week.season_id])
    assert [(w.place, w.member_id, w.redemption_state) for w in winners] == [
        (1, "mina", "requested"),
        (2, "jun", "requested"),
        (3, "가을", "requested"),
    ]
    keys = session.scalars(
        text("select p.key from redemption join product p using (product_id) where origin = 'prize' order by 1")
    )
    assert list(keys) == ["prize-2000", "prize-3000", "prize-4000"]
    assert [line.redemption_id for line in lines[:3]] == [w.redemption_id for w in winners]


def test_the_clock_decides_how_far_it_goes(session: Session, week: SeasonRow) -> None:
    """Nothing before the end; closing until the grace is over; then final in one go."""
    with pytest.raises(SeasonNotOver):
        settled(session, week, now=week.ends_at - timedelta(seconds=1))
    session.rollback()
    assert settled(session, week, now=week.ends_at).state == "closing"
    assert settled(session, week, now=week.grace_ends_at - timedelta(seconds=1)).moved is False
    assert settled(session, week, now=week.grace_ends_at).state == "final"
    states = session.scalars(text("select state from season_history order by recorded_at, state"))
    assert sorted(states) == ["closing", "final", "open", "provisional"]


def test_settling_again_changes_nothing(session: Session, week: SeasonRow) -> None:
    """However often, however much later."""
    settled(session, week, now=week.grace_ends_at)
    session.commit()
    again = settled(session, week, now=week.grace_ends_at + timedelta(days=400))
    assert again == Settled(week.season_id, "final", moved=False, prizes=0)
    assert len(winners_of(session, [week.season_id])) == 3


def test_eight_workers_settle_it_once(engine: Engine, session: Session, week: SeasonRow) -> None:
    """One moves it; the others wait for the lock and find it final."""

    def work(_: int) -> Settled:
        with transaction(engine) as mine:
            return settled(mine, week, now=week.grace_ends_at)

    # when
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    # then
    assert sorted(result.prizes for result in results) == [0, 0, 0, 0, 0, 0, 0, 3]
    assert session.execute(text("select count(*) from redemption")).scalar_one() == 3
    assert session.execute(text("select count(*) from standing")).scalar_one() == 5


def test_a_writer_in_the_middle_of_a_transaction_is_waited_for(
    engine: Engine, session: Session, week: SeasonRow
) -> None:
    """Settlement gives up after a second, and once the writer has committed, the standing has its points."""
    now = week.grace_ends_at
    with transaction(engine) as writer:
        # given: a writer that has read `open` within the grace
        share_seasons(writer, [week.season_id])
        give(writer, [Standing("late", 500, START)], leaderboard="season", period=week.season_id, now=START)
        # when
        with pytest.raises(OperationalError), transaction(engine) as settling:
            settled(settling, week, now=now)
    settled(session, week, now=now)
    # then
    assert read_standings(session, week.season_id, final=True, limit=1)[0].member_id == "late"


def test_a_late_award_is_refused_by_the_clock_and_by_the_state(session: Session, week: SeasonRow) -> None:
    """The clock alone suffices, as when no worker has run; and a state that has moved on suffices for a slow clock."""
    assert week.open_to_awards(week.grace_ends_at - timedelta(seconds=1))
    assert not week.open_to_awards(week.grace_ends_at)
    settled(session, week, now=week.grace_ends_at)
    final = read_season(session, week.season_id)
    assert final is not None
    assert not final.open_to_awards(week.starts_at)


def test_closing_is_shown_without_any_worker(week: SeasonRow) -> None:
    """By the clock."""
    assert state_at(week, week.ends_at - timedelta(seconds=1)) == "open"
    assert state_at(week, week.ends_at) == "closing"


def test_with_review_staff_look_first(session: Session, week: SeasonRow) -> None:
    """It stays provisional, isn't due, and becomes final by hand."""
    now = week.grace_ends_at
    assert settled(session, week, now=now, review=True).state == "provisional"
    assert due_seasons(session, review=True, now=now) == []
    assert winners_of(session, [week.season_id]) == []
    result = make_final(session, week.season_id, actor="staff:kim", today=CALENDAR.day_of(now), now=now)
    assert result.prizes == 3


def test_disqualifying_moves_everybody_below_up_by_one(session: Session, week: SeasonRow) -> None:
    """In what is shown meanwhile, in the standing, and in the prizes."""
    now = week.grace_ends_at
    settled(session, week, now=now, review=True)
    mina = accounts_of(session)["mina"]
    # when
    for expected in (True, False):
        done = disqualify(session, week.season_id, account_id=mina, actor="staff:kim", reason="두 계정", now=now)
        assert done is expected
    # then
    shown = top(session, None, leaderboard="season", period=week.season_id, limit=9, now=now)
    assert as_shown(shown)[0] == (1, "jun", 180)
    make_final(session, week.season_id, actor="staff:kim", today=CALENDAR.day_of(now), now=now)
    lines = read_standings(session, week.season_id, final=True, limit=9)
    assert [(line.member_id, line.place) for line in lines] == [
        ("mina", None),
        ("jun", 1),
        ("가을", 2),
        ("sol", 3),
        ("hana", 4),
    ]
    assert [winner.member_id for winner in winners_of(session, [week.season_id])] == ["jun", "가을", "sol"]
    final = top(session, None, leaderboard="season", period=week.season_id, limit=9, now=now)
    assert [line.member_id for line in final] == ["jun", "가을", "sol", "hana"]


def test_only_a_provisional_standing_is_reviewed(session: Session, week: SeasonRow) -> None:
    """Neither before nor after; and only those in it can be taken out."""
    mina = accounts_of(session)["mina"]
    what = {"account_id": mina, "actor": "staff:kim", "reason": "x", "now": START}
    with pytest.raises(SeasonNotInReview):
        disqualify(session, week.season_id, **what)
    with pytest.raises(SeasonNotInReview):
        make_final(session, week.season_id, actor="staff:kim", today=CALENDAR.day_of(START), now=START)
    with pytest.raises(UnknownThing):
        disqualify(session, week.season_id - timedelta(days=7), **what)
    settled(session, week, now=week.grace_ends_at, review=True)
    with pytest.raises(NotInStanding):
        disqualify(session, week.season_id, **{**what, "account_id": UUID(int=1)})


def test_members_who_are_kept_off_have_no_line(session: Session, week: SeasonRow) -> None:
    """Hidden, opted out, suspended: everybody below has a better place."""
    session.execute(text("update member set hidden = true where member_id = 'mina'"))
    session.execute(text("update member set opted_out = true where member_id = 'jun'"))
    session.execute(text("update member set suspended_at = now() where member_id = 'sol'"))
    settled(session, week, now=week.grace_ends_at)
    lines = read_standings(session, week.season_id, final=True, limit=9)
    assert [line.member_id for line in lines] == ["가을", "hana"]


def test_a_week_without_anybody_becomes_final_too(session: Session) -> None:
    """With nobody in its standing and no prize."""
    prepare(session, now=START)
    row = open_week(session, now=START)
    result = settled(session, row, now=row.grace_ends_at)
    assert result == Settled(row.season_id, "final", moved=True, prizes=0)
    final = read_season(session, row.season_id)
    assert final is not None
    assert final.standings_hash == hash_of(row.season_id, [])


def test_after_an_outage_every_missed_week_is_due_oldest_first(session: Session, week: SeasonRow) -> None:
    """Also those that nobody has opened."""
    now = week.ends_at + timedelta(days=21, seconds=GRACE_S)
    open_week(session, now=now)
    due = due_seasons(session, review=False, now=now)
    assert due == [week.season_id + timedelta(days=7 * number) for number in range(4)]
    for season in due:
        settle(session, season, review=False, today=CALENDAR.day_of(now), now=now)
    assert due_seasons(session, review=False, now=now) == []


def test_a_backfilled_week_is_settled_only_on_request(session: Session, week: SeasonRow) -> None:
    """The scheduler ignores it; it takes awards however late, until it is settled."""
    bounds = CALENDAR.first_season(START - timedelta(days=70))
    prizes = week.prizes
    assert open_backfill(session, bounds, actor="system", now=START, grace_s=GRACE_S, prizes=prizes)
    assert not open_backfill(session, bounds, actor="system", now=START, grace_s=GRACE_S, prizes=prizes)
    row = read_season(session, bounds.season_id)
    assert row is not None
    assert row.open_to_awards(START)
    assert state_at(row, START) == "open"
    assert due_seasons(session, review=False, now=START) == []
    give(session, [Standing("mina", 5, bounds.starts_at)], leaderboard="season", period=bounds.season_id, now=START)
    result = settled(session, row, now=START)
    assert result == Settled(bounds.season_id, "final", moved=True, prizes=1)


def test_the_chain_of_live_weeks_goes_on_beside_backfilled_ones(session: Session, week: SeasonRow) -> None:
    """A past week opened by hand is not where the next one begins."""
    bounds = CALENDAR.first_season(START - timedelta(days=700))
    open_backfill(session, bounds, actor="system", now=START, grace_s=GRACE_S, prizes=[])
    following = ensure_current(session, calendar=CALENDAR, now=week.ends_at, grace_s=GRACE_S, prizes=[])
    assert following.starts_at == week.ends_at
    assert session.execute(text("select count(*) from season")).scalar_one() == 3


def test_twenty_writers_open_the_new_week_once(engine: Engine, session: Session, week: SeasonRow) -> None:
    """Whoever comes first; all the others find it."""

    def write(_: int) -> SeasonRow:
        with transaction(engine) as mine:
            return open_week(mine, now=week.ends_at + timedelta(days=14))

    with ThreadPoolExecutor(10) as pool:
        rows = list(pool.map(write, range(20)))
    assert len(set(map(repr, rows))) == 1
    assert session.execute(text("select count(*) from season")).scalar_one() == 4


def test_a_rejected_prize_goes_to_the_next_who_has_none(session: Session, week: SeasonRow) -> None:
    """To the fourth, then to the fifth, then to nobody: once for each rejection."""
    now = week.grace_ends_at
    today = CALENDAR.day_of(now)
    settled(session, week, now=now)
    first = winners_of(session, [week.season_id])[0]
    with pytest.raises(PrizeNotReturned):
        pass_prize_on(session, first.redemption_id, today=today, now=now)
    passed: list[str | None] = []
    redemption_id: UUID | None = first.redemption_id
    while redemption_id is not None:
        reject(session, redemption_id, actor="staff:kim", reason="연락 두절", now=now)
        prize = pass_prize_on(session, redemption_id, today=today, now=now)
        if prize is not None:
            with pytest.raises(PrizeNotReturned):
                pass_prize_on(session, redemption_id, today=today, now=now)
            accounts = {account_id: member_id for member_id, account_id in accounts_of(session).items()}
            passed.append(accounts[prize.account_id])
        redemption_id = prize.redemption_id if prize else None
    assert passed == ["sol", "hana"]
    attempts = [(w.place, w.attempt) for w in winners_of(session, [week.season_id])]
    assert attempts == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)]


def test_anybody_can_recompute_the_hash(session: Session, week: SeasonRow) -> None:
    """From rows as the API gives them, by the recipe in the docs."""
    settled(session, week, now=week.grace_ends_at)
    final = read_season(session, week.season_id)
    assert final is not None
    assert final.standings_hash == hash_of(week.season_id, standing_rows(session, week.season_id, final=True))
    lines = read_standings(session, week.season_id, final=True, limit=9)
    rows = [
        StandingRow(line.position, line.account_id, line.place, line.points, line.reached_at, line.disqualified)
        for line in lines
    ]
    assert hash_of(week.season_id, rows) == final.standings_hash
    assert hash_of(week.season_id, rows[:-1]) != final.standings_hash


def test_the_documents_example_is_what_the_code_computes() -> None:
    """Rows read back from the docs give the digest that stands below them."""
    blocks = DOCUMENT.read_text().split("```text\n")[1:]
    header, *lines = blocks[0].split("```")[0].splitlines()
    rows: list[StandingRow] = []
    for line in lines:
        position, place, account_id, points, reached_at = line.split(" ")
        number = None if place == "-" else int(place)
        reached = datetime.fromisoformat(reached_at)
        rows.append(StandingRow(int(position), UUID(account_id), number, int(points), reached, number is None))
    season = datetime.fromisoformat(header.removeprefix("standings 1 ")).date()
    assert hash_of(season, rows).hex() == blocks[1].split("```")[0].strip()
