"""The calculation itself, against examples that fit in the head, and against the page that states the amounts."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.independent import calculation
from tests.independent.calculation import Message, Result, calculate, read_messages

SEOUL = ZoneInfo("Asia/Seoul")
ROOT = Path(__file__).parents[2]
CSV = ROOT / "rewards/demo/data/collegemsg.csv.gz"
MONDAY_NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SEOUL)


def calculated(*messages: tuple[str, str, datetime], now: datetime = MONDAY_NOON + timedelta(days=40)) -> Result:
    numbered = [Message(number, *message) for number, message in enumerate(messages, start=1)]
    return calculate(numbered, timezone=SEOUL, now=now)


def test_a_message_pays_joining_comment_check_in_and_reply() -> None:
    result = calculated(("a", "b", MONDAY_NOON))

    assert result.balances == {"a": 100 + 10 + 20 + 80, "b": 100 + 3}
    assert [(line.place, line.member, line.points) for line in result.weeks[date(2026, 3, 2)]] == [
        (1, "a", 210),
        (2, "b", 103),
    ]
    assert result.winners == {(date(2026, 3, 2), 1): ("a", 4000), (date(2026, 3, 2), 2): ("b", 3000)}


def test_the_eleventh_comment_and_the_seventh_reply_of_a_day_meet_their_caps() -> None:
    result = calculated(*(("a", "b", MONDAY_NOON + timedelta(minutes=minute)) for minute in range(12)))

    assert [result.answers[f"message:{n}:sent"].points for n in range(1, 13)] == [10] * 10 + [0, 0]
    assert [result.answers[f"message:{n}:received"].points for n in range(1, 10)] == [3] * 6 + [2, 0, 0]
    assert result.answers["message:11:sent"].reason == "daily_times"
    assert result.answers["message:8:received"].reason == "daily_points"


def test_fifteen_seconds_apart_is_allowed_and_fourteen_is_not() -> None:
    apart = (0, 14, 15)
    result = calculated(*(("a", "b", MONDAY_NOON + timedelta(seconds=seconds)) for seconds in apart))

    assert [result.answers[f"message:{n}:sent"].reason for n in (1, 2, 3)] == [None, "cooldown", None]


def test_a_week_without_a_gap_pays_the_streak_and_the_perfect_week_on_sunday() -> None:
    result = calculated(*(("a", "b", MONDAY_NOON + timedelta(days=day)) for day in range(8)))

    assert result.visits["a", date(2026, 3, 8)].parts == (
        ("attendance.base", 20),
        ("attendance.place.1", 80),
        ("attendance.streak.7", 70),
        ("attendance.perfect-week", 50),
    )
    assert result.longest_streaks["a"] == 8
    assert result.current_streaks["a"] == 0


def test_equal_points_go_to_who_reached_them_first_and_then_to_the_smaller_id() -> None:
    early, late = MONDAY_NOON, MONDAY_NOON + timedelta(hours=1)
    result = calculated(("z", "y", early), ("z", "b", late), ("z", "a", late))

    assert [line.member for line in result.weeks[date(2026, 3, 2)]] == ["z", "y", "a", "b"]


def test_the_data_is_moved_by_the_largest_whole_number_of_weeks() -> None:
    now = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
    messages = read_messages(CSV, now=now)

    assert len(messages) == 59_835
    assert now - timedelta(weeks=1) < messages[-1].sent_at <= now
    assert (messages[-1].sent_at - datetime(2004, 10, 26, 7, 52, tzinfo=UTC)) % timedelta(weeks=1) == timedelta(0)


def test_the_amounts_are_those_that_the_page_states() -> None:
    page = (ROOT / "docs/reference/points.md").read_text(encoding="utf-8")
    cells = {
        columns[1].strip(" `"): [column.strip() for column in columns[2:-1]]
        for columns in (line.split("|") for line in page.splitlines() if line.startswith("|"))
    }

    assert cells["member.joined"][0] == str(calculation.JOINED)
    assert cells["comment.created"][:3] == [
        str(calculation.COMMENT),
        f"{calculation.COMMENTS_A_DAY} times a day",
        f"{calculation.COMMENT_COOLDOWN.seconds} s",
    ]
    assert cells["reply.received"][:2] == [str(calculation.REPLY), f"{calculation.REPLY_POINTS_A_DAY} points a day"]
    assert cells["attendance.base"][0] == str(calculation.CHECK_IN)
    assert cells["attendance.perfect-week"][0] == str(calculation.PERFECT_WEEK)
    assert cells["attendance.perfect-month"][0] == str(calculation.PERFECT_MONTH)
    assert _numbers(next(row for name, row in cells.items() if "place.1" in name)[0]) == [*calculation.PLACES.values()]
    assert _numbers(next(row for name, row in cells.items() if "streak.7" in name)[0]) == [
        *calculation.STREAKS.values()
    ]
    assert "4,000, 3,000 and 2,000 won" in page
    assert [*calculation.PRIZES.values()] == [4000, 3000, 2000]


def _numbers(cell: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", cell)]
