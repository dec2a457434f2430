"""Seasons as stored: opened by whoever writes first in a week, so that a reset needs no worker."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ledger.locks import share_seasons
from rewards.ranking.seasons import Bounds, Calendar
from rewards.tables import Season

Prizes = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SeasonRow:
    """A stored season. `origin` is `live`, or `backfill` for a past week that the operator opened on purpose."""

    season_id: date
    starts_at: datetime
    ends_at: datetime
    grace_s: int
    origin: str
    prizes: Prizes
    state: str
    standings_hash: bytes | None

    @property
    def bounds(self) -> Bounds:
        """From when to before when it lasts."""
        return Bounds(self.season_id, self.starts_at, self.ends_at)

    @property
    def grace_ends_at(self) -> datetime:
        """From here on a live season takes no award, whether or not anybody has settled it."""
        return self.ends_at + timedelta(seconds=self.grace_s)

    def open_to_awards(self, now: datetime) -> bool:
        """Whether an award that occurred in this season still counts in it."""
        if self.state not in {"open", "closing"}:
            return False
        return self.origin == "backfill" or now < self.grace_ends_at


def state_at(row: SeasonRow, now: datetime) -> str:
    """The state to show: `closing` from the season's end on, even while no worker has said so."""
    if row.state == "open" and row.origin == "live" and now >= row.ends_at:
        return "closing"
    return row.state


_SEASONS = select(
    Season.season_id,
    Season.starts_at,
    Season.ends_at,
    Season.grace_s,
    Season.origin,
    Season.prizes,
    Season.state,
    Season.standings_hash,
)
_NAMED = _SEASONS.where(text("season_id = any(cast(:seasons as date[]))")).order_by(text("season_id"))
_COVERING = _SEASONS.where(
    text(
        "exists (select 1 from unnest(cast(:instants as timestamptz[])) as at"
        " where at >= season.starts_at and at < season.ends_at)"
    )
).order_by(Season.season_id)
_LIVE = _SEASONS.where(Season.origin == "live")
# One after the other, oldest first: two who open the same weeks wait for each other in the same order.
_OPEN = text(
    "with opened as (insert into season (season_id, starts_at, ends_at, grace_s, origin, prizes, state)"
    " select s.season_id, s.starts_at, s.ends_at, :grace_s, :origin, cast(:prizes as jsonb), 'open'"
    " from unnest(cast(:seasons as date[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))"
    " as s(season_id, starts_at, ends_at) order by 1 on conflict do nothing returning season_id)"
    " insert into season_history (season_id, state, actor, recorded_at)"
    " select season_id, 'open', :actor, :now from opened returning season_id"
)


def read_season(session: Session, season: date) -> SeasonRow | None:
    """One season as stored, or None."""
    row = session.execute(_SEASONS.where(Season.season_id == season)).one_or_none()
    return None if row is None else SeasonRow(*row)


def seasons_covering(session: Session, instants: Iterable[datetime]) -> list[SeasonRow]:
    """The stored seasons in which any of the instants lies, oldest first."""
    found = session.execute(_COVERING, {"instants": sorted(set(instants))})
    return [SeasonRow(*row) for row in found]


def read_seasons(session: Session, season_ids: Iterable[date]) -> list[SeasonRow]:
    """The named seasons that are stored, oldest first."""
    found = session.execute(_NAMED, {"seasons": sorted(set(season_ids))})
    return [SeasonRow(*row) for row in found]


def share_covering(session: Session, instants: Iterable[datetime]) -> list[SeasonRow]:
    """As `seasons_covering`, in states that cannot change until the transaction ends."""
    wanted = sorted(set(instants))
    share_seasons(session, [row.season_id for row in seasons_covering(session, wanted)])
    return seasons_covering(session, wanted)


def latest_season(session: Session) -> SeasonRow | None:
    """The live season that was opened last, or None before the first."""
    row = session.execute(_LIVE.order_by(Season.starts_at.desc()).limit(1)).one_or_none()
    return None if row is None else SeasonRow(*row)


def first_season(session: Session) -> SeasonRow | None:
    """The live season in which the service first ran, or None before that."""
    row = session.execute(_LIVE.order_by(Season.starts_at).limit(1)).one_or_none()
    return None if row is None else SeasonRow(*row)


def seasons_before(session: Session, before: datetime, *, limit: int) -> list[SeasonRow]:
    """Seasons that start before an instant, the latest first."""
    earlier = _SEASONS.where(Season.starts_at < before).order_by(Season.starts_at.desc()).limit(limit)
    return [SeasonRow(*row) for row in session.execute(earlier)]


def ensure_current(session: Session, *, calendar: Calendar, now: datetime, grace_s: int, prizes: Prizes) -> SeasonRow:
    """The season that holds `now`, opened with the missed ones before it where nobody has.

    Takes no advisory lock; one that is being opened by somebody else is waited for.
    """
    latest = latest_season(session)
    if latest is None or latest.ends_at <= now:
        missing = list(_seasons_until(now, calendar=calendar, latest=latest))
        _open(session, missing, origin="live", actor="system", now=now, grace_s=grace_s, prizes=prizes)
        latest = latest_season(session)
    assert latest is not None
    if latest.starts_at <= now:
        return latest
    return _earlier(session, now, latest=latest)


def seasons_to_come(
    session: Session, *, calendar: Calendar, until: datetime, grace_s: int, prizes: Prizes
) -> list[SeasonRow]:
    """The seasons that `ensure_current` would open for `until`, without opening them: for a dry run."""
    latest = latest_season(session)
    if latest is not None and until < latest.ends_at:
        return []
    return [
        SeasonRow(bounds.season_id, bounds.starts_at, bounds.ends_at, grace_s, "live", prizes, "open", None)
        for bounds in _seasons_until(until, calendar=calendar, latest=latest)
    ]


def open_backfill(session: Session, bounds: Bounds, *, actor: str, now: datetime, grace_s: int, prizes: Prizes) -> bool:
    """Open a week before the first live season for a history; False where it was open already.

    It takes awards until it is settled, and only `rewards settle W` settles it.
    """
    return _open(session, [bounds], origin="backfill", actor=actor, now=now, grace_s=grace_s, prizes=prizes)


def _seasons_until(now: datetime, *, calendar: Calendar, latest: SeasonRow | None) -> Iterator[Bounds]:
    bounds = calendar.first_season(now) if latest is None else calendar.next_season(latest.bounds)
    yield bounds
    while bounds.ends_at <= now:
        bounds = calendar.next_season(bounds)
        yield bounds


def _open(
    session: Session,
    seasons: Sequence[Bounds],
    *,
    origin: str,
    actor: str,
    now: datetime,
    grace_s: int,
    prizes: Prizes,
) -> bool:
    parameters = {
        "seasons": [bounds.season_id for bounds in seasons],
        "starts": [bounds.starts_at for bounds in seasons],
        "ends": [bounds.ends_at for bounds in seasons],
        "grace_s": grace_s,
        "origin": origin,
        "prizes": json.dumps([dict(prize) for prize in prizes], ensure_ascii=False),
        "actor": actor,
        "now": now,
    }
    return bool(session.execute(_OPEN, parameters).all())


def _earlier(session: Session, now: datetime, *, latest: SeasonRow) -> SeasonRow:
    """A clock that is behind another machine's may ask for a week that is over there already."""
    for row in seasons_before(session, now + timedelta(microseconds=1), limit=1):
        if row.origin == "live" and now < row.ends_at:
            return row
    return latest
