"""The accounts that are one member's: the present one, and those of the members who were merged into it."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.errors import UnknownThing

OF_MEMBER = (
    "account_id in (select cast(:account_id as uuid) union all"
    " select g.account_id from member g where g.merged_into = :account_id)"
)
"""SQL: of the member whose present account is `:account_id`."""

PRESENT_MEMBERS = (
    "(select w.account_id, m.member_id, m.name, m.avatar from member w"
    " join member m on m.account_id = coalesce(w.merged_into, w.account_id)) as present"
)
"""SQL: each account with how its member is called, that of a merged one with its survivor's id, name and avatar."""

_OF_ID = text(
    "select m.account_id, array(select g.account_id from member g where g.merged_into = m.account_id order by 1)"
    " as merged from member named join member m on m.account_id = coalesce(named.merged_into, named.account_id)"
    " where named.member_id = :member_id"
)


def accounts_of(session: Session, member_id: str) -> tuple[UUID, ...]:
    """All accounts of the member whom an id names, the present one first; a merged one's id names the survivor.

    Raises UnknownThing.
    """
    row = session.execute(_OF_ID, {"member_id": member_id}).one_or_none()
    if row is None:
        raise UnknownThing("member", member_id)
    return (row.account_id, *row.merged)


def account_of(session: Session, member_id: str) -> UUID:
    """The member's present account. Raises UnknownThing."""
    return accounts_of(session, member_id)[0]
