"""The service's own tables: members, rules, seasons, leaderboards, attendance, who may come in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, BYTES_ORDER, Base

SEASON_EDGES = ("open>closing", "closing>provisional", "provisional>final")


class Member(Base):
    """Maps the forum's id of a person to an account: the only place that names them; `salt` keys their digests."""

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("char_length(member_id) between 1 and 64", name="member_id"),)

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("account.account_id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    member_id: Mapped[str | None] = mapped_column(Text(collation=BYTES_ORDER), unique=True)
    salt: Mapped[bytes | None]
    name: Mapped[str | None]
    avatar: Mapped[str | None]
    hidden: Mapped[bool] = mapped_column(server_default=text("false"))
    opted_out: Mapped[bool] = mapped_column(server_default=text("false"))
    suspended_at: Mapped[datetime | None]
    suspended_for: Mapped[str | None]
    level_by_hand: Mapped[str | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("account.account_id"))
    created_at: Mapped[datetime]


class Policy(Base):
    """One version of the whole policy; in force from `valid_from` until the next."""

    __tablename__ = "policy"
    __table_args__ = ({"info": APPEND_ONLY},)

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[datetime]
    document: Mapped[dict[str, Any]]
    digest: Mapped[bytes]
    applied_by: Mapped[str]
    applied_at: Mapped[datetime]


class Rule(Base):
    """What an event of a type earns or costs. Never edited: a changed rule is a new version; decisions name it."""

    __tablename__ = "rule"
    __table_args__ = ({"info": APPEND_ONLY},)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class CapUsage(Base):
    """How much of a rule's caps a member has used: per community day, and ever (`period` is the day, or `ever`)."""

    __tablename__ = "cap_usage"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_key: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    points: Mapped[int]
    last_at: Mapped[datetime]


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


class Attendance(Base):
    """One check-in per member and community day, with its place of the day. Streaks are derived from `day` alone."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("day", "place"),
        CheckConstraint("place > 0", name="place"),
        CheckConstraint("origin in ('check-in', 'import')", name="origin"),
        {"info": APPEND_ONLY},
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    place: Mapped[int]
    streak: Mapped[int]
    origin: Mapped[str]
    transfer_id: Mapped[UUID | None]
    checked_in_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class AttendanceDay(Base):
    """How many have checked in on a day: the counter that hands out places."""

    __tablename__ = "attendance_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int]


class Greeting(Base):
    """What a member said on checking in: beside the attendance, erasable."""

    __tablename__ = "greeting"
    __table_args__ = (CheckConstraint("char_length(greeting) between 1 and 100", name="length"),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    greeting: Mapped[str]


class ApiKey(Base):
    """A key of the forum's backend; only its digest is kept."""

    __tablename__ = "api_key"

    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(server_default="forum")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]


class Staff(Base):
    """Somebody who fulfils, keeps the catalogue, corrects: `viewer`, `fulfiller` or `manager`."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role in ('viewer', 'fulfiller', 'manager')", name="role"),)

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class StaffSession(Base):
    """A staff sign-in; only the token's digest is kept."""

    __tablename__ = "staff_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.staff_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None]
    agent: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A sign-in of staff that failed, kept for a day: it slows down whoever guesses."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("sign_in_failure_name_idx", "name", "failed_at"),
        Index("sign_in_failure_address_idx", "address", "failed_at"),
    )

    failure_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    failed_at: Mapped[datetime]


class MemberSession(Base):
    """A member signed in from the forum; only the token's digest is kept."""

    __tablename__ = "member_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInToken(Base):
    """The `jti` of a sign-in token that was used: each is good once."""

    __tablename__ = "sign_in_token"

    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class IdempotentAnswer(Base):
    """The answer to a request that carried an `Idempotency-Key`, given again byte for byte."""

    __tablename__ = "idempotent_answer"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    body: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(index=True)


class Audit(Base):
    """Who of the staff did what to whom."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_recorded_at_idx", "recorded_at", "audit_id"),
        Index("audit_about_idx", "about", "audit_id"),
        {"info": APPEND_ONLY},
    )

    audit_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    actor: Mapped[str]
    action: Mapped[str]
    about: Mapped[str]
    detail: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]


class Picture(Base):
    """A picture that staff have uploaded, by the SHA-256 of its content: an address never shows another picture."""

    __tablename__ = "picture"
    __table_args__ = (CheckConstraint("width > 0 and height > 0", name="size"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class Verification(Base):
    """One time that everything was compared with the ledger: how many rows, what was found."""

    __tablename__ = "verification"

    verification_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)
    rows: Mapped[int]
    ranking_compared: Mapped[bool]
    findings: Mapped[int] = mapped_column(Integer)
    first_finding: Mapped[str | None]


class Demo(Base):
    """One row, once the demo has run: by how many weeks its messages were moved; a second run sends the same."""

    __tablename__ = "demo"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    shift_weeks: Mapped[int]
    chosen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
