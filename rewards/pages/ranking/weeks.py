"""The week as it stands: stored when somebody has written in it, else as it will be stored. Reading opens nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rewards.errors import NoPolicy
from rewards.pages import words
from rewards.pages.ranking.view import PrizeShown, WeekBox
from rewards.policy.document import Policy
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import latest_season, seasons_covering
from rewards.ranking.seasons import Bounds, Calendar
from rewards.runtime.settings import Locale


@dataclass(frozen=True, slots=True)
class PresentWeek:
    """The bounds of the season that holds the present, and its prizes as stored."""

    bounds: Bounds
    prizes: Sequence[Mapping[str, Any]]


def present_week(session: Session, *, calendar: Calendar, policy: Policy | None, now: datetime) -> PresentWeek:
    """The season that holds `now`, whether or not anybody has opened it yet."""
    present = seasons_covering(session, [now])
    if present:
        return PresentWeek(present[0].bounds, present[0].prizes)
    latest = latest_season(session)
    bounds = calendar.first_season(now) if latest is None else calendar.next_season(latest.bounds)
    while bounds.ends_at <= now:
        bounds = calendar.next_season(bounds)
    return PresentWeek(bounds, policy.prizes if policy else ())


def policy_or_none(session: Session, *, now: datetime) -> Policy | None:
    """The policy in force; none before the first."""
    try:
        return policy_in_force(session, now=now)
    except NoPolicy:
        return None


def week_box(week: PresentWeek, *, calendar: Calendar, locale: Locale, now: datetime) -> WeekBox:
    """The week's box."""
    bounds = week.bounds
    return WeekBox(
        first_day=bounds.season_id,
        last_day=last_day(bounds, calendar=calendar),
        ends_at=bounds.ends_at,
        seconds_left=int((bounds.ends_at - now).total_seconds()),
        reset_weekday=calendar.reset_weekday,
        reset_minute=calendar.reset_minute,
        prizes=prizes_shown(week.prizes, locale=locale),
    )


def last_day(bounds: Bounds, *, calendar: Calendar) -> date:
    """The last community day of a season."""
    return words.last_day(bounds.ends_at.astimezone(calendar.timezone))


def prizes_shown(prizes: Sequence[Mapping[str, Any]], *, locale: Locale) -> tuple[PrizeShown, ...]:
    """A season's prizes in the page's language, by place."""
    shown = (
        PrizeShown(
            place=prize["place"],
            name=prize["name"] if locale == "ko" else prize.get("name_en") or prize["name"],
            short=words.money(prize["value"], prize["currency"], locale=locale),
        )
        for prize in prizes
    )
    return tuple(sorted(shown, key=lambda prize: prize.place))
