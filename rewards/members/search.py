"""Finding members as staff do: by a part of their id or nickname, in pages by the bytes of their ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

State = Literal["suspended", "hidden", "opted_out", "owes"]
STATES: tuple[State, ...] = ("suspended", "hidden", "opted_out", "owes")

_WHO = (
    "select m.member_id, m.account_id, m.name, m.avatar, m.hidden, m.opted_out, m.suspended_at, m.level_by_hand,"
    " m.created_at, coalesce(a.balance, 0) as balance, coalesce(a.held, 0) as held,"
    " coalesce(a.lifetime, 0) + coalesce(g.lifetime, 0) as lifetime, a.recorded_at as active_at, g.accounts"
    " from member m left join account a using (account_id) left join lateral ("
    "select array_agg(o.account_id) as accounts, cast(sum(b.lifetime) as bigint) as lifetime"
    " from member o join account b using (account_id) where o.merged_into = m.account_id) g on true"
    " where m.merged_into is null"
)
_IN_STATE = {
    "suspended": " and m.suspended_at is not null",
    "hidden": " and m.hidden",
    "opted_out": " and m.opted_out",
    "owes": " and a.balance < 0",
}
# The id's collation knows the case of ASCII letters only; that of the database knows all.
_LIKE = r""" and (m.member_id collate "default" ilike :pattern escape '\' or m.name ilike :pattern escape '\'
    or m.account_id in (select merged_into from member where merged_into is not null
    and (member_id collate "default" ilike :pattern escape '\' or name ilike :pattern escape '\')))"""
_PAGE = f"{_WHO} and m.member_id > :after and m.member_id is distinct from :exact{{narrowed}}"
_EXACT = f"""{_WHO} and m.account_id =
    (select coalesce(merged_into, account_id) from member where member_id = :member_id)"""


@dataclass(frozen=True, slots=True)
class Found:
    """A member with the account's present state. `active_at`: when anything was last written about them.

    `merged` are the accounts of those who were merged into the member; `lifetime` counts what lies on them, too.
    """

    member_id: str
    account_id: UUID
    name: str | None
    avatar: str | None
    hidden: bool
    opted_out: bool
    suspended_at: datetime | None
    level_by_hand: str | None
    created_at: datetime
    balance: int
    held: int
    lifetime: int
    active_at: datetime | None
    merged: tuple[UUID, ...]

    @property
    def accounts(self) -> tuple[UUID, ...]:
        """All accounts that are the member's, the present one first."""
        return (self.account_id, *self.merged)


def search_members(
    session: Session, query: str = "", *, limit: int, after: str | None = None, state: State | None = None
) -> list[Found]:
    """Members whose id or nickname holds `query`, whatever the case; all of them for an empty one.

    In the order of their ids, behind `after`; whoever has exactly this id, or had it before a merge, comes first, on
    the first page.
    """
    found: list[Found] = []
    in_state = _IN_STATE[state] if state else ""
    if query and after is None:
        found = _found(session.execute(text(_EXACT + in_state), {"member_id": query}))
    narrowed = (_LIKE if query else "") + in_state
    page = text(_PAGE.format(narrowed=narrowed) + " order by m.member_id limit :limit")
    exact = found[0].member_id if found else query
    wanted = {"exact": exact, "pattern": f"%{_escaped(query)}%", "after": after or "", "limit": limit - len(found)}
    return found + _found(session.execute(page, wanted))


def _found(rows: Iterable[Row[Any]]) -> list[Found]:
    return [Found(*tuple(row)[:-1], merged=tuple(row.accounts or ())) for row in rows]


def _escaped(query: str) -> str:
    """What was typed, with nothing in it that stands for something else."""
    return query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
