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
_OWN_IDS = text("select account_id, member_id from member where account_id = any(cast(:accounts as uuid[]))")
_OWN_ACCOUNT = text("select account_id from member where member_id = :member_id")
_PRESENT_ID = text(
    "select m.member_id from member named join member m"
    " on m.account_id = coalesce(named.merged_into, named.account_id) where named.member_id = :member_id"
)


def accounts_of(session: Session, member_id: str) -> tuple[UUID, ...]:
    """All accounts of the member whom an id names, the present one first; a merged one's id names the survivor.

    Raises UnknownThing.
    """
    row = session.execute(_OF_ID, {"member_id": member_id}).one_or_none()
    if row is None:
        raise UnknownThing("member", member_id)
    return (row.account_id, *row.merged)


def own_account_of(session: Session, member_id: str) -> UUID:
    """The account that an id has of its own, merged or not: where an entry is named by it. Raises UnknownThing."""
    found = session.execute(_OWN_ACCOUNT, {"member_id": member_id}).scalar_one_or_none()
    if found is None:
        raise UnknownThing("member", member_id)
    return found


def present_id(session: Session, member_id: str) -> str:
    """The id of the member whom an id names: another one where that was merged. Raises UnknownThing."""
    found = session.execute(_PRESENT_ID, {"member_id": member_id}).scalar_one_or_none()
    if found is None:
        raise UnknownThing("member", member_id)
    return found


def own_ids(session: Session, member_id: str) -> dict[UUID, str | None]:
    """By account of a member, the present one first: the id that was its own, none once erased. Raises UnknownThing."""
    accounts = accounts_of(session, member_id)
    if len(accounts) == 1:
        return {accounts[0]: member_id}
    found = session.execute(_OWN_IDS, {"accounts": list(accounts)})
    names: dict[UUID, str | None] = {row.account_id: row.member_id for row in found}
    return {account_id: names[account_id] for account_id in accounts}


def account_of(session: Session, member_id: str) -> UUID:
    """The member's present account. Raises UnknownThing."""
    return accounts_of(session, member_id)[0]
