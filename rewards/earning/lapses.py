"""When points lapse that a rule gives. Pure."""

from datetime import datetime, timedelta

from rewards.ranking.seasons import Calendar


def lapses_at(occurred_at: datetime, *, after_days: int | None, calendar: Calendar) -> datetime | None:
    """The start of the community day after `after_days` full days (UTC); none where points never lapse.

    By when it occurred: what the forum sends late lapses with the rest of its day.
    """
    if after_days is None:
        return None
    return calendar.day_start(calendar.day_of(occurred_at) + timedelta(days=after_days + 1))
