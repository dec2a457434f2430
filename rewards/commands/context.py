"""What a process that answers no requests finds around itself."""

from dataclasses import dataclass

from sqlalchemy import Engine

from rewards.ranking.seasons import Calendar
from rewards.runtime.clock import Clock, now_utc
from rewards.runtime.database import create_engine_from
from rewards.runtime.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The same for everything that the process does."""

    settings: Settings
    engine: Engine
    calendar: Calendar
    clock: Clock = now_utc


def make_context(*, application_name: str, pool_size: int = 2, statement_timeout_s: int = 30) -> Context:
    """Read the settings and put the surroundings together; connects to nothing yet. Raises SettingsError."""
    settings = load_settings()
    engine = create_engine_from(
        settings.database_url,
        pool_size=pool_size,
        application_name=application_name,
        statement_timeout_s=statement_timeout_s,
    )
    return Context(settings=settings, engine=engine, calendar=calendar_of(settings))


def calendar_of(settings: Settings) -> Calendar:
    """The community's calendar, as the settings have it."""
    reset = settings.season_reset
    return Calendar(
        settings.community_timezone, reset_weekday=reset.weekday, reset_minute=reset.hour * 60 + reset.minute
    )
