"""Erasure: the person goes, the points stay: entries name accounts only, so the ledger remains whole."""

from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.members.ensure import lock_member
from rewards.ranking.visibility import bump

_FORGET = text(
    "update member set member_id = null, salt = null, name = null, avatar = null, level_by_hand = null,"
    " suspended_for = null where account_id = :account_id"
)
_ID = text("select member_id from member where account_id = :account_id")
# Emptied, not deleted: the key stays taken, so that a late retry is refused and not done for somebody new.
_ANSWERS = text(
    "update idempotent_answer set body = '', fingerprint = ''"
    " where case when position(cast(:said as bytea) in body) = 0 then false"
    " else jsonb_path_exists(cast(convert_from(body, 'UTF8') as jsonb), '$.** ? (@ == $id)',"
    " jsonb_build_object('id', cast(:member_id as text))) end"
)
_FREE_TEXT = tuple(
    text(statement)
    for statement in (
        "delete from event_data where account_id = :account_id",
        "delete from greeting where account_id = :account_id",
        "delete from entry_note where account_id = :account_id",
        "delete from member_session where account_id = :account_id",
        "delete from webhook_message where account_id = :account_id",
        (
            "delete from adjustment_reason r using adjustment a"
            " where r.adjustment_id = a.adjustment_id and a.account_id = :account_id"
        ),
        "update disqualification set reason = null where account_id = :account_id",
        (
            "delete from redemption_reason o using redemption_history h join redemption r using (redemption_id)"
            " where o.step = h.step and r.account_id = :account_id"
        ),
        (
            "delete from code_reading_reason w using code_reading d join redemption r using (code_id)"
            " where w.reading_id = d.reading_id and r.account_id = :account_id"
        ),
    )
)


def erase(session: Session, member_id: str, *, now: datetime) -> tuple[UUID, ...]:
    """Forget who the member is, and everything that was said by or about them, also under ids that were merged.

    Answers the accounts, the present one first. The digests that the ledger keeps mean nothing without their salt. The
    same id, used again, is somebody new. Raises UnknownThing, MemberMoved.
    """
    # Under the lock they may be gone already, or be somebody else's.
    member, _ = lock_member(session, member_id, now=now)
    for account_id in member.accounts:
        name = session.execute(_ID, {"account_id": account_id}).scalar_one()
        session.execute(_ANSWERS, {"member_id": name, "said": orjson.dumps(name)})
        for statement in (*_FREE_TEXT, _FORGET):
            session.execute(statement, {"account_id": account_id})
    bump(session, member.account_id, change="erased", now=now)
    return member.accounts
