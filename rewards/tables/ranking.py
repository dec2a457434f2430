"""Seasons, leaderboards, standings, prizes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base

SEASON_EDGES = ("open>closing", "closing>provisional", "provisional>final")


class Season(Base):
    """One week, from reset to reset. Bounds and prizes are fixed when it opens; `origin` is `live` or `backfill`."""

    __tablename__ = "season"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="bounds"),
        CheckConstraint("state in ('open', 'closing', 'provisional', 'final')", name="state"),
        CheckConstraint("origin in ('live', 'backfill')", name="origin"),
        UniqueConstraint("starts_at"),
        {"info": {"protection": "state", "edges": SEASON_EDGES, "mutable": ("state", "standings_hash")}},
    )

    season_id: Mapped[date] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    grace_s: Mapped[int]
    origin: Mapped[str]
    prizes: Mapped[list[Any]]
    state: Mapped[str]
    standings_hash: Mapped[bytes | None]


class SeasonHistory(Base):
    """Each state that a season has been in."""

    __tablename__ = "season_history"
    __table_args__ = ({"info": APPEND_ONLY},)

    season_id: Mapped[date] = mapped_column(ForeignKey("season.season_id"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class LeaderboardPoints(Base):
    """A member's points on one leaderboard in one period: absolute, with the `version` that guards its projection.

    `leaderboard` is `season`, `month`, `all-time` or `streak`; `period` first day of the week or month, day of a
    streak, and for all time the year 1.
    """

    __tablename__ = "leaderboard_points"
    __table_args__ = (
        Index(
            "leaderboard_points_order_idx",
            "leaderboard",
            "period",
            text("points desc"),
            "reached_at",
            postgresql_where=text("points > 0"),
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )

    leaderboard: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    points: Mapped[int]
    reached_at: Mapped[datetime]
    version: Mapped[int]


class MidnightRank(Base):
    """The place that a member had at the last midnight, for the change beside the name. Rebuilt at will."""

    __tablename__ = "midnight_rank"

    leaderboard: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[date] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    rank: Mapped[int]


class Standing(Base):
    """A member's final place of a season, with the points and the time that made it; none if disqualified."""

    __tablename__ = "standing"
    __table_args__ = (
        UniqueConstraint("season_id", "account_id"),
        CheckConstraint("(place is null) = disqualified", name="place"),
        {"info": APPEND_ONLY},
    )

    season_id: Mapped[date] = mapped_column(ForeignKey("season.season_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    place: Mapped[int | None]
    points: Mapped[int]
    reached_at: Mapped[datetime]
    disqualified: Mapped[bool]


class Disqualification(Base):
    """Somebody taken out of a provisional season's standing; the reason can be erased."""

    __tablename__ = "disqualification"

    season_id: Mapped[date] = mapped_column(ForeignKey("season.season_id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    actor: Mapped[str]
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime]


class Prize(Base):
    """A place of a season that won, and the redemption that brings it. A rejected one may go to the next: `attempt`."""

    __tablename__ = "prize"
    __table_args__ = (
        UniqueConstraint("season_id", "account_id"),
        UniqueConstraint("redemption_id"),
        {"info": APPEND_ONLY},
    )

    season_id: Mapped[date] = mapped_column(ForeignKey("season.season_id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.redemption_id"))
    recorded_at: Mapped[datetime]
