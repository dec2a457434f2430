"""Lines of the audit as pages show them, with links to what they are about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.access.audit import AuditLine
from rewards.members.accounts import PRESENT_MEMBERS
from rewards.pages import words
from rewards.pages.frame import Frame
from rewards.pages.staff.audit.words import deed, doer, facts
from rewards.pages.staff.queue.words import age

_MEMBERS = text(
    f"select account_id, member_id, coalesce(name, member_id) as name from {PRESENT_MEMBERS}"
    " where account_id = any(:ids)"
)
_PRODUCTS = text("select product_id, name_ko, name_en from product where product_id = any(:ids)")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a line is about: its words, and where staff see it."""

    words: str
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedShown:
    """A line of the audit."""

    who: str
    words: str
    about: Subject | None
    facts: tuple[tuple[str, str], ...]
    recorded_at: datetime
    recorded: str


def show_lines(session: Session, lines: Sequence[AuditLine], *, frame: Frame, now: datetime) -> list[DeedShown]:
    """The lines, their members and products named as they are called now."""
    subjects = _subjects(session, {line.about for line in lines}, frame=frame)
    return [
        DeedShown(
            who=doer(line.actor),
            words=deed(line.action, detail=line.detail),
            about=None if line.about == line.actor else subjects.get(line.about),
            facts=facts(line.detail),
            recorded_at=line.recorded_at,
            recorded=age(line.recorded_at, now=now),
        )
        for line in lines
    ]


def _subjects(session: Session, abouts: Iterable[str], *, frame: Frame) -> dict[str, Subject]:
    found: dict[str, Subject] = {}
    ids: dict[str, list[UUID]] = {"account": [], "product": []}
    for about in abouts:
        kind, _, named = about.partition(":")
        if kind in ids:
            ids[kind].append(UUID(named))
        elif subject := _plain(kind, named, frame=frame):
            found[about] = subject
    return found | _members(session, ids["account"]) | _products(session, ids["product"], frame=frame)


def _plain(kind: str, named: str, *, frame: Frame) -> Subject | None:
    """What a line names by itself."""
    if kind == "season":
        day = date.fromisoformat(named)
        said = words.day(day, frame.locale, today=frame.today)
        return Subject(gettext("week of %(day)s", day=said), url_for("staff.season", season=day))
    if kind == "redemption":
        return Subject(gettext("a redemption"), url_for("staff.queue", open=named))
    if kind == "staff":
        return Subject(gettext("an unknown name") if named == "unknown" else named)
    return None


def _members(session: Session, ids: list[UUID]) -> dict[str, Subject]:
    if not ids:
        return {}
    rows = {row.account_id: row for row in session.execute(_MEMBERS, {"ids": ids})}
    return {
        f"account:{account}": Subject(row.name, url_for("staff.member", id=row.member_id))
        if (row := rows.get(account)) and row.member_id
        else Subject(gettext("former member"))
        for account in ids
    }


def _products(session: Session, ids: list[UUID], *, frame: Frame) -> dict[str, Subject]:
    if not ids:
        return {}
    return {
        f"product:{row.product_id}": Subject(
            row.name_ko if frame.locale == "ko" else row.name_en, url_for("staff.product", product_id=row.product_id)
        )
        for row in session.execute(_PRODUCTS, {"ids": ids})
    }
