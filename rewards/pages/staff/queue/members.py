"""The members of redemptions, as staff see them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.queue import RedemptionRow
from rewards.members.accounts import PRESENT_MEMBERS
from rewards.pages.faces import Face, face_of
from rewards.pages.frame import Frame

_MEMBERS = text(
    f"select account_id, member_id, name, avatar from {PRESENT_MEMBERS}"
    " where account_id = any(cast(:accounts as uuid[]))"
)


def faces_of(session: Session, accounts: Iterable[UUID]) -> dict[UUID, Face]:
    """The face of each account; whoever was erased has only the words for that."""
    wanted = set(accounts)
    found = session.execute(_MEMBERS, {"accounts": list(wanted)})
    faces = {row.account_id: face_of(row.member_id, name=row.name, avatar=row.avatar) for row in found}
    return {account: faces.get(account) or face_of(None, name=None, avatar=None) for account in wanted}


def product_of(row: RedemptionRow, *, frame: Frame) -> str:
    """What is redeemed, in the page's language."""
    return row.product_name_ko if frame.locale == "ko" else row.product_name_en


def label_of(session: Session, row: RedemptionRow, *, frame: Frame) -> str:
    """A redemption in a few words: whose, and what."""
    return f"{faces_of(session, [row.account_id])[row.account_id].name} · {product_of(row, frame=frame)}"
