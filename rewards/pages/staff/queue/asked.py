"""What of the queue the reader asks for, as its address says it; what makes no sense there is left out of account."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from market.queue import Cursor, QueueFilter, RedemptionRow, cursor_of
from market.states import GIVEN_BACK, State
from rewards.http.cursors import cursor_for, place_after
from rewards.http.fields import day_of
from rewards.http.terms import span_of_days
from rewards.members.search import search_members

Tab = Literal["waiting", "mine", "in_hand", "to_approve", "closed"]
TABS: Mapping[Tab, tuple[State, ...]] = {
    "waiting": ("requested",),
    "mine": ("claimed",),
    "in_hand": ("claimed",),
    "to_approve": ("awaiting_approval",),
    "closed": ("fulfilled", *GIVEN_BACK),
}
KINDS = ("market", "prize")
MEMBER_LENGTH_MAX = 64
MEMBERS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A part of the queue: its tab, what narrows it, where its page begins, and the redemption that is looked at."""

    tab: Tab = "waiting"
    product_id: UUID | None = None
    member: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None
    cursor: str | None = None
    opened: UUID | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether some are left out beside the tab."""
        return any((self.product_id, self.member, self.kind, self.first, self.last))

    @property
    def newest_first(self) -> bool:
        """What is done is read from its end."""
        return self.tab == "closed"

    def words(self) -> dict[str, Any]:
        """The address's own words for it, without what is usual."""
        said = {
            "tab": self.tab if self.tab != "waiting" else None,
            "product": self.product_id,
            "member": self.member,
            "kind": self.kind,
            "from": self.first,
            "to": self.last,
            "cursor": self.cursor,
            "open": self.opened,
        }
        return {name: str(value) for name, value in said.items() if value}

    def address(self, *, endpoint: str = "staff.queue", **changes: Any) -> str:
        """Where it is shown, after the changes."""
        return url_for(endpoint, **replace(self, **changes).words())

    def step(self, endpoint: str, redemption_id: UUID | None = None) -> str:
        """Where a step is sent, which then comes back to this part of the queue."""
        given = {} if redemption_id is None else {"redemption_id": redemption_id}
        return url_for(endpoint, **given, **replace(self, opened=None).words())


def asked() -> Asked:
    """What the present address asks for."""
    said = request.args
    tab, kind = said.get("tab", ""), said.get("kind", "")
    return Asked(
        tab=cast("Tab", tab) if tab in TABS else "waiting",
        product_id=_uuid(said.get("product", "")),
        member="".join(letter for letter in said.get("member", "").strip() if letter.isprintable())[:MEMBER_LENGTH_MAX],
        kind=kind if kind in KINDS else "",
        first=day_of(said.get("from")),
        last=day_of(said.get("to")),
        cursor=said.get("cursor") or None,
        opened=_uuid(said.get("open", "")),
    )


def filter_of(session: Session, wanted: Asked, *, actor: str) -> QueueFilter:
    """What is asked for as the market reads it."""
    since, until = span_of_days(wanted.first, wanted.last)
    accounts = None
    if wanted.member:
        found = search_members(session, wanted.member, limit=MEMBERS_MAX)
        accounts = tuple(account_id for one in found for account_id in one.accounts)
    return QueueFilter(
        states=TABS[wanted.tab],
        product_id=wanted.product_id,
        origin=wanted.kind or None,
        account_ids=accounts,
        claimed_by=actor if wanted.tab == "mine" else None,
        since=since,
        until=until,
    )


def begins_after(wanted: Asked) -> Cursor | None:
    """Where the page begins."""
    place = place_after(wanted.cursor, of=_of(wanted))
    return Cursor(datetime.fromisoformat(place[0]), UUID(place[1])) if place else None


def next_page(wanted: Asked, last: RedemptionRow) -> str | None:
    """The cursor of the page after that row."""
    cursor = cursor_of(last)
    return cursor_for([cursor.requested_at.isoformat(), str(cursor.redemption_id)], of=_of(wanted))


def _of(wanted: Asked) -> str:
    return "queue page newest first" if wanted.newest_first else "queue page"


def _uuid(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
