"""A village to look at: a week under way with names of all kinds, a reader in the middle of it, weeks that are over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from rewards.members.ensure import ensure_members, read_members
from rewards.ranking.season_rows import ensure_current, open_backfill
from rewards.ranking.seasons import Bounds, Calendar
from rewards.ranking.tally import ALL_TIME
from tests.support.factories import make_comment, make_event
from tests.support.ranking import Standing, give
from tests.support.world import World

NOW = datetime(2026, 11, 24, 4, 18, tzinfo=UTC)
"""A Tuesday, 13:18 in Seoul: five days, ten hours and 42 minutes before the reset."""
WEEK, MONTH, TODAY = date(2026, 11, 23), date(2026, 11, 1), date(2026, 11, 24)
READER = "minji"
LONG = "언제나맑음뒤에무지개가뜨는마을의가장오래된느티나무아래에서책을읽는사람들의작은모임장"
RIGHT_TO_LEFT = "مرحبا بالعالم"
EMOJI = "🦊 여우비"
NAMES = (
    *("해오름", "달빛서재", "Mina_K", "솔바람", "초록지붕", "jinwoo.dev", "고양이두마리", LONG, RIGHT_TO_LEFT, EMOJI),
    *("봄날의곰", "Elliot", "밤하늘", "민지", "Sunny Day", "느린우체통", "바다건너", "nari_92", "귤까는중", "Ömer"),
)
POINTS = (2410, 1980, 1755, 1540, 1210, 1180, 1020, 980, 777, 640, 520, 410, 379, 260, 255, 180, 120, 60, 20, 10)
MIDNIGHT = (1, 3, 2, 6, 4, 6, 12, None, 9, 8, 11, 10, 12, 23, 15, 14, None, 18, 19, 20)
"""The place at the last midnight, None for whoever was not there."""


@dataclass(frozen=True, slots=True)
class Villager:
    """Somebody with a name and points."""

    member_id: str
    name: str
    points: int
    rank_at_midnight: int | None


def villagers() -> list[Villager]:
    """The first twenty, in their order; the fourteenth reads the page."""
    rows = zip(NAMES, POINTS, MIDNIGHT, strict=True)
    return [
        Villager(READER if name == "민지" else f"villager-{number:02}", name, points, rank)
        for number, (name, points, rank) in enumerate(rows, start=1)
    ]


def settle_village(world: World, *, weeks: int = 5) -> None:
    """Fill every leaderboard at NOW, with settled weeks before this one."""
    people = villagers()
    earn_purse(world)
    open_week(world)
    name_them(world, people)
    settle_past_weeks(world, people, weeks=weeks)
    fill(world, people, leaderboard="season", period=WEEK)
    fill(world, people, leaderboard="month", period=MONTH, factor=4)
    fill(world, people, leaderboard="all-time", period=ALL_TIME, factor=31)
    fill_streaks(world, people)


def earn_purse(world: World) -> None:
    """1,340 points for the reader, by events of the days before."""
    world.record(make_event("member.joined", READER, at=NOW - timedelta(days=9)), now=NOW)
    for day in range(6):
        start = NOW - timedelta(days=8 - day)
        posts = [
            make_event("post.created", READER, subject=f"post:{day}:{number}", at=start + timedelta(minutes=number * 2))
            for number in range(10)
        ]
        world.record(*posts, now=NOW)
    comments = [make_comment(READER, at=NOW - timedelta(days=2, minutes=number)) for number in range(4)]
    world.record(*comments, now=NOW)


def open_week(world: World, *, at: datetime = NOW) -> None:
    """Open the season that holds `at`."""
    terms = world.terms
    world.run(
        lambda session: ensure_current(
            session, calendar=terms.calendar, now=at, grace_s=terms.grace_s, prizes=terms.prizes
        )
    )


def fill(world: World, people: Sequence[Villager], *, leaderboard: str, period: date, factor: int = 1) -> None:
    """Give everybody their points on a leaderboard, and their place at the last midnight."""
    standings = [
        Standing(one.member_id, one.points * factor, NOW - timedelta(minutes=90 - number))
        for number, one in enumerate(people)
    ]

    def write(session: Session) -> None:
        accounts = give(session, standings, leaderboard=leaderboard, period=period, now=NOW)
        midnight = [
            {
                "leaderboard": leaderboard,
                "period": period,
                "day": TODAY,
                "account_id": accounts[one.member_id],
                "rank": one.rank_at_midnight,
            }
            for one in people
            if one.rank_at_midnight
        ]
        if midnight:
            session.execute(
                text("insert into midnight_rank values (:leaderboard, :period, :day, :account_id, :rank)"), midnight
            )

    world.run(write)


def fill_streaks(world: World, people: Sequence[Villager]) -> None:
    """Days in a row, fewer and fewer."""
    standings = [
        Standing(one.member_id, max(64 - number * number // 5, 1), NOW - timedelta(hours=12, minutes=-number))
        for number, one in enumerate(people)
    ]
    world.run(lambda session: give(session, standings, leaderboard="streak", period=TODAY, now=NOW))


def settle_past_weeks(world: World, people: Sequence[Villager], *, weeks: int) -> None:
    """Weeks before this one, final, with the same people in another order."""
    for back in range(weeks, 0, -1):
        order = [*people[back:], *people[:back]]
        start = WEEK - timedelta(weeks=back)
        world.run(lambda session, start=start: open_past_week(session, start, calendar=world.terms.calendar))
        world.run(lambda session, start=start, order=order: _write_standing(session, start, order=order))
        move_past_week(world, start, "closing", "provisional", "final")


def move_past_week(world: World, start: date, *states: str) -> None:
    """Move a week that is over along its states, with their lines of history; the hash comes with the last."""
    ends_at = world.terms.calendar.day_start(start + timedelta(weeks=1))
    for state in states:
        at = ends_at if state == "closing" else ends_at + timedelta(minutes=10)
        world.execute(
            "with h as (insert into season_history values (:season, :state, 'test', :at))"
            " update season set state = :state, standings_hash = :hash where season_id = :season",
            season=start,
            state=state,
            at=at,
            hash=sha256(str(start).encode()).digest() if state == "final" else None,
        )


def open_past_week(session: Session, start: date, *, calendar: Calendar) -> None:
    """Open the week of long ago that starts on a day."""
    bounds = Bounds(start, calendar.day_start(start), calendar.day_start(start + timedelta(weeks=1)))
    prizes = session.execute(text("select prizes from season limit 1")).scalar_one()
    open_backfill(session, bounds, actor="test", now=NOW, grace_s=600, prizes=prizes)


def _write_standing(session: Session, start: date, *, order: Sequence[Villager]) -> None:
    members = read_members(session, [one.member_id for one in order])
    rows = [
        {
            "season": start,
            "place": place,
            "account_id": members[one.member_id].account_id,
            "points": 2600 - place * 111,
            "reached_at": NOW - timedelta(days=9, minutes=-place),
        }
        for place, one in enumerate(order, start=1)
    ]
    query = "insert into standing values (:season, :place, :account_id, :place, :points, :reached_at, false)"
    session.execute(text(query), rows)


def name_them(world: World, people: Sequence[Villager]) -> None:
    """Make them members, with their names."""

    def write(session: Session) -> None:
        members = ensure_members(session, [one.member_id for one in people], now=NOW)
        lock_accounts(session, [member.account_id for member in members.values()], now=NOW)
        rows = [{"member_id": one.member_id, "name": one.name} for one in people]
        session.execute(text("update member set name = :name where member_id = :member_id"), rows)

    world.run(write)
