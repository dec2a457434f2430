"""Where the forum is told what happened: endpoints, messages, deliveries and every attempt at one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import Base


class WebhookEndpoint(Base):
    """An address that is told of some types of messages. `secret` is encrypted; the one before it still signs a while.

    `paused_until`: after a failure to reach it at all. `leased_until`: somebody is delivering to it now.
    """

    __tablename__ = "webhook_endpoint"

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    types: Mapped[list[Any]]
    secret: Mapped[bytes]
    previous_secret: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_for: Mapped[str | None]
    paused_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


class WebhookMessage(Base):
    """Something to be told. `number` counts a member's messages, so that a receiver can put them in order."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        UniqueConstraint("account_id", "number"),
        CheckConstraint("(account_id is null) = (number is null)", name="number"),
        Index("webhook_message_created_at_idx", "created_at"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    account_id: Mapped[UUID | None]
    number: Mapped[int | None]
    data: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    created_at: Mapped[datetime]


class WebhookNumber(Base):
    """The number of a member's latest message."""

    __tablename__ = "webhook_number"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]


class WebhookDelivery(Base):
    """A message on its way to an endpoint: `waiting` for its next attempt, `delivered`, or `failed` for good."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'delivered', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (next_at is not null)", name="next"),
        Index(
            "webhook_delivery_waiting_idx",
            "endpoint_id",
            "next_at",
            "message_id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("webhook_delivery_message_idx", "message_id"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_endpoint.endpoint_id", ondelete="CASCADE"), primary_key=True
    )
    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_message.message_id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One attempt at a delivery: what the receiver answered, or why it could not be reached."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        Index("webhook_attempt_endpoint_idx", "endpoint_id", "attempt_id"),
        Index("webhook_attempt_message_idx", "message_id"),
    )

    attempt_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.endpoint_id", ondelete="CASCADE"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_message.message_id", ondelete="CASCADE"))
    began_at: Mapped[datetime]
    took_ms: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None]


class WebhookSight(Base):
    """One row: everything that was visible in `snapshot` has been made into messages."""

    __tablename__ = "webhook_sight"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    generation: Mapped[int] = mapped_column(Integer)
    snapshot: Mapped[str]
