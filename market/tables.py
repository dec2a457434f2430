"""The market's tables: products, codes, redemptions and their history."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base

REDEMPTION_EDGES = (
    "requested>awaiting_approval",
    "awaiting_approval>requested",
    "requested>claimed",
    "claimed>requested",
    "claimed>fulfilled",
    "requested>rejected",
    "awaiting_approval>rejected",
    "claimed>rejected",
    "requested>cancelled",
    "awaiting_approval>cancelled",
    "requested>expired",
    "awaiting_approval>expired",
)


class Product(Base):
    """A gift card on offer. `price` in points, `face_value` in whole units of `currency`.

    `stock` says how it runs out: `codes` counts redeemable codes, `number` counts `quantity`, `unlimited` never does.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("price >= 0 and face_value >= 0", name="amounts"),
        CheckConstraint("stock in ('codes', 'number', 'unlimited')", name="stock"),
        CheckConstraint("(stock = 'number') = (quantity is not null) and coalesce(quantity, 0) >= 0", name="quantity"),
        CheckConstraint("limit_period in ('day', 'week', 'month', 'ever')", name="limit_period"),
        CheckConstraint("(limit_times is null) = (limit_period is null)", name="limit"),
        CheckConstraint("not for_sale or price > 0", name="price"),
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name_ko: Mapped[str]
    name_en: Mapped[str]
    description_ko: Mapped[str] = mapped_column(server_default="")
    description_en: Mapped[str] = mapped_column(server_default="")
    brand: Mapped[str] = mapped_column(server_default="")
    face_value: Mapped[int]
    currency: Mapped[str]
    price: Mapped[int]
    picture: Mapped[str | None]
    for_sale: Mapped[bool]
    on_sale_from: Mapped[datetime | None]
    on_sale_until: Mapped[datetime | None]
    limit_times: Mapped[int | None]
    limit_period: Mapped[str | None]
    stock: Mapped[str]
    quantity: Mapped[int | None]
    needs_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    position: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Redemption(Base):
    """Points exchanged for a product, or a prize (price 0, no hold), on its way."""

    __tablename__ = "redemption"
    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("origin in ('market', 'prize')", name="origin"),
        CheckConstraint("(origin = 'market') = (hold_id is not null)", name="hold"),
        CheckConstraint(
            "state in ('requested', 'awaiting_approval', 'claimed', 'fulfilled', 'rejected', 'cancelled', 'expired')",
            name="state",
        ),
        Index("redemption_queue_idx", "state", "requested_at", "redemption_id"),
        Index("redemption_account_idx", "account_id", "requested_at"),
        {"info": {"protection": "state", "edges": REDEMPTION_EDGES, "mutable": ("state", "claimed_by", "code_id")}},
    )

    redemption_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.product_id"))
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("hold.hold_id"), unique=True)
    origin: Mapped[str]
    points: Mapped[int]
    state: Mapped[str]
    claimed_by: Mapped[str | None]
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("code.code_id"), unique=True)
    requested_at: Mapped[datetime]


class RedemptionHistory(Base):
    """Each step of a redemption, with who took it and when."""

    __tablename__ = "redemption_history"
    __table_args__ = (
        Index("redemption_history_redemption_idx", "redemption_id", "step"),
        Index("redemption_history_recorded_at_idx", "recorded_at"),
        {"info": APPEND_ONLY},
    )

    step: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.redemption_id"))
    action: Mapped[str]
    state: Mapped[str]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class RedemptionReason(Base):
    """Why staff took a step, kept beside its line of history so that it can be erased."""

    __tablename__ = "redemption_reason"

    step: Mapped[int] = mapped_column(ForeignKey("redemption_history.step"), primary_key=True)
    reason: Mapped[str]


class Code(Base):
    """One redeemable secret, encrypted. `digest` is keyed, so that doubles are refused without anybody reading them."""

    __tablename__ = "code"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("state in ('available', 'reserved', 'issued', 'lapsed')", name="state"),
        Index(
            "code_available_idx", "product_id", "expires_on", "code_id", postgresql_where=text("state = 'available'")
        ),
        {
            "info": {
                "protection": "state",
                "edges": (
                    "available>reserved",
                    "reserved>available",
                    "reserved>issued",
                    "available>issued",
                    "available>lapsed",
                    "reserved>lapsed",
                ),
                "mutable": ("state",),
            }
        },
    )

    code_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.product_id"))
    ciphertext: Mapped[bytes]
    digest: Mapped[bytes]
    expires_on: Mapped[date | None]
    state: Mapped[str]
    imported_at: Mapped[datetime]


class CodeReading(Base):
    """Who was shown a code in the clear, and when; `reason` is none: it lies beside, erasable."""

    __tablename__ = "code_reading"
    __table_args__ = ({"info": APPEND_ONLY},)

    reading_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code_id: Mapped[UUID] = mapped_column(ForeignKey("code.code_id"), index=True)
    actor: Mapped[str]
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime]


class CodeReadingReason(Base):
    """Why somebody was shown a code, kept beside its line so that it can be erased."""

    __tablename__ = "code_reading_reason"

    reading_id: Mapped[int] = mapped_column(ForeignKey("code_reading.reading_id"), primary_key=True)
    reason: Mapped[str]
