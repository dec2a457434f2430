from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.pages.words import Countdown, countdown, days, last_day, moment, money, month, number
from tests.support.calendar import SEOUL

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "first,last,korean,english",
    [
        (date(2026, 11, 23), date(2026, 11, 29), "11월 23일 – 29일", "23 – 29 November"),
        (date(2026, 11, 30), date(2026, 12, 6), "11월 30일 – 12월 6일", "30 November – 6 December"),
        (date(2025, 6, 2), date(2025, 6, 8), "2025년 6월 2일 – 8일", "2 – 8 June 2025"),
        (date(2025, 6, 30), date(2025, 7, 6), "2025년 6월 30일 – 7월 6일", "30 June – 6 July 2025"),
        (date(2025, 12, 29), date(2026, 1, 4), "2025년 12월 29일 – 1월 4일", "29 December 2025 – 4 January"),
    ],
)
def test_a_span_names_month_and_year_only_where_they_are_needed(
    first: date, last: date, korean: str, english: str
) -> None:
    assert days(first, last, locale="ko", today=TODAY) == korean
    assert days(first, last, locale="en", today=TODAY) == english


def test_a_time_is_written_as_koreans_read_it() -> None:
    noon = datetime(2026, 11, 24, 12, 4, tzinfo=SEOUL)

    assert moment(noon, "ko") == "2026년 11월 24일 12:04"
    assert moment(noon, "en") == "24 November 2026, 12:04"
    assert month(TODAY, "ko") == "2026년 11월"
    assert month(TODAY, "en") == "November 2026"


def test_numbers_and_money_are_short_and_separated() -> None:
    assert number(1_234_567) == "1,234,567"
    assert number(-20) == "−20"
    assert money(4000, "KRW", locale="ko") == "4,000원"
    assert money(4000, "KRW", locale="en") == "₩4,000"


def test_the_last_day_of_a_week_is_the_one_before_its_end() -> None:
    assert last_day(datetime(2026, 11, 29, 15, tzinfo=UTC).astimezone(SEOUL)) == date(2026, 11, 29)


@given(st.integers(min_value=-10, max_value=10 * 86_400))
def test_a_countdown_is_over_only_when_the_time_is(seconds: int) -> None:
    left = countdown(seconds)

    minutes = left.days * 1440 + left.hours * 60 + left.minutes
    assert (minutes == 0) == (seconds <= 0)
    assert 0 <= minutes * 60 - max(seconds, 0) < 60
    assert left.hours < 24
    assert left.minutes < 60


def test_the_last_second_is_a_minute() -> None:
    assert countdown(1) == Countdown(0, 0, 1)
