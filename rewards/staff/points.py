"""Corrections of points by staff, with their lines in the audit: always a new entry. The caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.earning.correct import Corrected, adjust, restore_award, reverse_award
from rewards.earning.terms import Terms


def adjust_points(
    session: Session, member_id: str, *, points: int, reason: str, overdraft: bool, actor: str, now: datetime
) -> Corrected:
    """Give or take points for a reason. Raises UnknownThing, NotEnoughPoints (unless `overdraft`)."""
    done = adjust(session, member_id, points=points, reason=reason, overdraft=overdraft, actor=actor, now=now)
    detail = {"seq": done.entry.seq, "points": done.entry.points}
    about = f"account:{done.account_id}"
    note(session, actor=actor, action="points.adjust", about=about, detail=detail, now=now)
    return done


def reverse_points(
    session: Session, member_id: str, *, seq: int, reason: str, terms: Terms, actor: str, now: datetime
) -> Corrected:
    """Take one award back, once, in the periods in which it counted. Raises UnknownThing, AwardReversed."""
    done = reverse_award(session, member_id, seq=seq, reason=reason, actor=actor, terms=terms, now=now)
    detail = {"seq": done.entry.seq, "reverses": seq, "points": done.entry.points}
    about = f"account:{done.account_id}"
    note(session, actor=actor, action="points.reverse", about=about, detail=detail, now=now)
    return done


def restore_points(
    session: Session, member_id: str, *, seq: int, reason: str, terms: Terms, actor: str, now: datetime
) -> Corrected:
    """Take a reversal back, once: its award counts again where it still can. Raises UnknownThing, NotRestorable."""
    done = restore_award(session, member_id, seq=seq, reason=reason, actor=actor, terms=terms, now=now)
    detail = {"seq": done.entry.seq, "restores": seq, "points": done.entry.points}
    about = f"account:{done.account_id}"
    note(session, actor=actor, action="points.restore", about=about, detail=detail, now=now)
    return done
