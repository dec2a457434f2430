"""The member who is reading, if one is signed in."""

from dataclasses import dataclass
from uuid import UUID

from flask import g, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.http.auth import SESSION_COOKIE, current_member
from rewards.http.surroundings import request_snapshot
from rewards.pages.forms import proof_of

_PURSE = text(
    "select m.account_id, coalesce(m.name, m.member_id) as name, a.balance - a.held as available,"
    " m.hidden or m.opted_out or m.suspended_at is not null as kept_off"
    " from member m join account a using (account_id) where m.member_id = :member_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The member who is signed in. `kept_off` the ranking by choice or by staff; `csrf` proves that a form was ours."""

    account_id: UUID
    member_id: str
    name: str
    available: int
    kept_off: bool
    csrf: str


def present_reader() -> Reader | None:
    """Whoever is signed in on this request: asked once. Nobody where the page says that something failed."""
    if "reader" not in g:
        member_id = current_member()
        g.reader = None if member_id is None else _read(member_id)
    return g.reader


def forget_reader() -> None:
    """Let the rest of the request do without: the database may be what is away."""
    g.reader = None


def _read(member_id: str) -> Reader | None:
    with request_snapshot() as session:
        return read_reader(session, member_id, csrf=proof_of(request.cookies.get(SESSION_COOKIE, "")))


def read_reader(session: Session, member_id: str, *, csrf: str) -> Reader | None:
    """A member as the pages greet them."""
    row = session.execute(_PURSE, {"member_id": member_id}).one_or_none()
    if row is None:
        return None
    account_id: UUID = row.account_id
    return Reader(
        account_id=account_id,
        member_id=member_id,
        name=row.name,
        available=row.available,
        kept_off=row.kept_off,
        csrf=csrf,
    )
