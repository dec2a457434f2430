"""Staff sign in and out, and end each other's sign-ins, with the lines in the audit that each leaves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.access.scopes import Caller
from rewards.access.staff_sessions import SignedIn, close_session, revoke_other_sessions, revoke_session
from rewards.access.staff_sign_in import Try, succeed

NOBODY = UUID(int=0)
"""A key has no sign-ins of its own."""


def let_in(session: Session, tried: Try, *, address: str | None, agent: str | None, now: datetime) -> SignedIn:
    """Open a session after the right password."""
    signed_in = succeed(session, tried, address=address, agent=agent, now=now)
    who = f"staff:{signed_in.staff.name}"
    note(session, actor=who, action="staff.sign-in", about=who, detail={"address": address}, now=now)
    return signed_in


def turn_away(session: Session, tried: Try, *, now: datetime) -> None:
    """After a wrong password: one line when it is the one from which on the next has to wait."""
    if tried.slows:
        about = f"staff:{tried.person.name}" if tried.person else "staff:unknown"
        detail = {"address": tried.network}
        note(session, actor="nobody", action="staff.sign-in-slowed", about=about, detail=detail, now=now)


def let_out(session: Session, token: str, *, actor: str, now: datetime) -> None:
    """Sign out; harmless twice."""
    if close_session(session, token, now=now):
        note(session, actor=actor, action="staff.sign-out", about=actor, detail={}, now=now)


def owner_seen_by(caller: Caller) -> UUID | None:
    """Whose sign-ins somebody sees and ends: everybody's (None) with the right to manage, else their own."""
    return None if "staff:manage" in caller.scopes else caller.staff_id or NOBODY


def end_session(session: Session, session_id: str, *, actor: str, now: datetime, staff_id: UUID | None = None) -> None:
    """End a sign-in by its id: one of `staff_id`'s own, or anybody's where none is given. Raises UnknownThing."""
    name = revoke_session(session, session_id, staff_id=staff_id, now=now)
    detail = {"sign_in": session_id}
    note(session, actor=actor, action="staff.end-sign-in", about=f"staff:{name}", detail=detail, now=now)


def end_other_sessions(session: Session, staff_id: UUID, *, token: str, actor: str, now: datetime) -> int:
    """End somebody's other sign-ins; how many."""
    ended = revoke_other_sessions(session, staff_id, token=token, now=now)
    if ended:
        note(session, actor=actor, action="staff.end-other-sign-ins", about=actor, detail={"ended": ended}, now=now)
    return ended
