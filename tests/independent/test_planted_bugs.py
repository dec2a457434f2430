"""A comparison that cannot fail proves nothing: each bug planted in the service turns it red."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from rewards import settlement
from rewards.attendance import attend, bonuses, read, streaks
from rewards.demo.messages import Message
from rewards.earning import decide
from rewards.earning.periods import Periods
from rewards.http import recording
from rewards.ranking import standings, tally
from rewards.ranking.seasons import Calendar
from tests.support.demo import Stage

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, tuple[Plant, str]] = {}
"""Each bug by its name, with a word of the differences that it must cause."""


def plants(name: str, *, shows_in: str) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        PLANTED[name] = (plant, shows_in)
        return plant

    return keep


def reworded(statement: Any, *, old: str, new: str) -> Any:
    """A statement with other words; the old ones must be there, or the bug would not be planted."""
    assert old in statement.text
    return text(statement.text.replace(old, new))


@plants("eleven comments a day are paid", shows_in="event")
def _(patch: pytest.MonkeyPatch) -> None:
    real = decide._capped_by

    def one_more(event: Any, rule: Any, *, state: Any) -> str | None:
        reason = real(event, rule, state=state)
        return None if reason == "daily_times" and state.times_today == rule.times_per_day else reason

    patch.setattr(decide, "_capped_by", one_more)


@plants("the cooldown lets through what comes at the same instant", shows_in="event")
def _(patch: pytest.MonkeyPatch) -> None:
    real = decide._too_soon
    patch.setattr(
        decide,
        "_too_soon",
        lambda event, rule, *, state: event.occurred_at != state.last_award_at and real(event, rule, state=state),
    )


@plants("the last award under a cap of points is not trimmed", shows_in="event")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "min", lambda asked, _left: asked, raising=False)


@plants("the caps' day is that of UTC", shows_in="event")
def _(patch: pytest.MonkeyPatch) -> None:
    real = recording.request_terms
    by_utc = Calendar(ZoneInfo("UTC"))
    patch.setattr(recording, "request_terms", lambda session: replace(real(session), calendar=by_utc))


@plants("the season ends an hour late", shows_in="standing")
def _(patch: pytest.MonkeyPatch) -> None:
    real = Calendar._reset_on
    patch.setattr(Calendar, "_reset_on", lambda calendar, day: real(calendar, day) + timedelta(hours=1))


@plants("ties go to the smaller id before who was first", shows_in="standing")
def _(patch: pytest.MonkeyPatch) -> None:
    fixed = reworded(
        standings._FIX,
        old="p.points desc, p.reached_at, m.member_id",
        new="p.points desc, m.member_id, p.reached_at",
    )
    patch.setattr(standings, "_FIX", fixed)


@plants("points are reached by the first award instead of the latest", shows_in="leaderboard")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tally, "_ADD", reworded(tally._ADD, old="greatest(", new="least("))


@plants("the week of the perfect week ends on Saturday", shows_in="check-in")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bonuses, "SUNDAY", 5)


@plants("the streak does not count the day itself", shows_in="check-in")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bonuses, "streak_ending_on", lambda day, days: streaks.streak_ending_on(day, days) - 1)


@plants("a streak is over before today's check-in has come", shows_in="current streak")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(read, "current_streak", streaks.streak_ending_on)


@plants("the longest streak is the latest", shows_in="longest streak")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(read, "longest_streak", lambda days: streaks.streak_ending_on(max(days), set(days)))


@plants("the day's places begin at two", shows_in="check-in")
def _(patch: pytest.MonkeyPatch) -> None:
    real = attend._lock_days
    patch.setattr(
        attend, "_lock_days", lambda session, days: {day: number or 1 for day, number in real(session, days).items()}
    )


@plants("a month that is over goes on counting", shows_in="month leaderboard")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Periods, "month_still", lambda _periods, month: month)


@plants("the second place wins nothing", shows_in="prize")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        settlement, "_WINNERS", reworded(settlement._WINNERS, old="order by place", new="and place <> 2 order by place")
    )


def test_the_part_without_a_bug_is_as_the_calculation_says(stage: Stage, some_messages: list[Message]) -> None:
    expected = stage.expected({message.number for message in some_messages})

    stage.feed(some_messages)

    assert stage.differences(expected)[:20] == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_turns_the_comparison_red(
    name: str, stage: Stage, some_messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, shows_in = PLANTED[name]
    expected = stage.expected({message.number for message in some_messages})
    plant(monkeypatch)

    stage.feed(some_messages)

    differences = stage.differences(expected)
    assert any(difference.startswith(shows_in) or f" {shows_in}" in difference for difference in differences), name
