"""What staff and the forum's backend do with a member, with its line in the audit. The caller commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.access.member_sessions import sign_out_everywhere
from rewards.members.ensure import lock_member
from rewards.members.erase import erase
from rewards.members.profile import account_of, suspend, write_profile
from rewards.merging import Merged, merge
from rewards.ranking.seasons import Calendar
from rewards.staff.adjustments import refuse_all_of

GROUNDS = ("spam", "accounts", "trading", "abuse", "wish", "other")
"""Why somebody was suspended, as the audit keeps it for ever: a choice, since words of one's own may name people."""


def hide_member(session: Session, member_id: str, *, hidden: bool, actor: str, now: datetime) -> None:
    """Keep a member off the leaderboards, or put them on again. Raises UnknownThing."""
    # Locked first: whoever is erased at this moment must not be made anew by writing their profile.
    member, _ = lock_member(session, member_id, now=now)
    write_profile(session, member_id, changes={"hidden": hidden}, now=now)
    about = f"account:{member.account_id}"
    note(session, actor=actor, action="member.hide", about=about, detail={"hidden": hidden}, now=now)


def suspend_member(
    session: Session,
    member_id: str,
    *,
    suspended: bool,
    actor: str,
    now: datetime,
    ground: str | None = None,
    reason: str | None = None,
) -> bool:
    """Suspend a member, on one of GROUNDS and for a reason in words, or readmit them; whether that changed anything.

    The ground is for the audit, the reason is erased with the member. Raises UnknownThing.
    """
    if not suspend(session, member_id, suspended=suspended, reason=reason, now=now):
        return False
    detail: Mapping[str, Any] = {} if ground is None else {"ground": ground}
    action = "member.suspend" if suspended else "member.readmit"
    note(session, actor=actor, action=action, about=_about(session, member_id), detail=detail, now=now)
    return True


def sign_member_out(session: Session, member_id: str, *, actor: str, now: datetime) -> None:
    """End every session that a member has on the pages. Raises UnknownThing."""
    sign_out_everywhere(session, member_id, now=now)
    note(session, actor=actor, action="member.sign_out", about=_about(session, member_id), detail={}, now=now)


def erase_member(session: Session, member_id: str, *, actor: str, now: datetime) -> None:
    """Forget who a member is; the points stay in the ledger without a name, what waits for approval is refused.

    Raises UnknownThing.
    """
    accounts = erase(session, member_id, now=now)
    for account_id in accounts:
        refuse_all_of(session, account_id, actor=actor, now=now)
    note(session, actor=actor, action="member.erase", about=f"account:{accounts[0]}", detail={}, now=now)


def merge_members(
    session: Session, member_id: str, *, into: str, actor: str, calendar: Calendar, now: datetime
) -> Merged:
    """Make a member another's for good; what waits for approval under the old id is refused.

    Raises UnknownThing, MergeRefused, MemberMoved: roll back, run it again.
    """
    done = merge(session, member_id, into=into, actor=actor, calendar=calendar, now=now)
    refuse_all_of(session, done.account_id, actor=actor, now=now)
    detail = {"account": str(done.account_id), "points": done.points}
    about = f"account:{done.into_account}"
    note(session, actor=actor, action="member.merge", about=about, detail=detail, now=now)
    return done


def _about(session: Session, member_id: str) -> str:
    return f"account:{account_of(session, member_id)}"
