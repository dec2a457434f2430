"""What earning goes by, and how much of its caps is used."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base


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
