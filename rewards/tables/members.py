"""Who the members are, and who is signed in on the pages."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, BYTES_ORDER, Base


class Member(Base):
    """Maps the forum's id of a person to an account: the only place that names them; `salt` keys their digests."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("char_length(member_id) between 1 and 64", name="member_id"),
        Index("member_merged_into_idx", "merged_into", postgresql_where=text("merged_into is not null")),
    )

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


class MemberMerge(Base):
    """One member of the forum that became another: `account_id` went into `into_account`.

    `member.merged_into` names where it ends, also after further merges. `transfer_id` is that of the pair of entries
    that moved the balance, if there was one. `kept_seasons` were final then: their rankings stay with the account.
    """

    __tablename__ = "member_merge"
    __table_args__ = (CheckConstraint("account_id <> into_account", name="two"), {"info": APPEND_ONLY})

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    into_account: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), index=True)
    transfer_id: Mapped[UUID | None]
    kept_seasons: Mapped[list[date]] = mapped_column(ARRAY(Date))
    actor: Mapped[str]
    merged_at: Mapped[datetime]


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
