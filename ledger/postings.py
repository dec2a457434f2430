"""What an entry does to its account. Pure: states in, states and rows out."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from ledger.chain import ENTRY_DOMAIN, Field, link

Kind = Literal[
    "award",
    "charge",
    "penalty",
    "reversal",
    "restore",
    "capture",
    "refund",
    "adjustment",
    "transfer",
    "grant",
    "expiry",
    "merge",
]
COUNTED: frozenset[str] = frozenset({"award", "reversal", "restore"})
"""The kinds that count towards lifetime points, and on leaderboards where the entry names a period."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account as it stands under its row lock. `available` is what may be spent.

    `lapsing` is what remains in its lots; `opens` names the entries posted since by which points come that lapse, and
    when: whoever writes the account opens their lots.
    """

    account_id: UUID
    balance: int
    held: int
    lifetime: int
    version: int
    head: bytes
    decisions: int
    decision_head: bytes
    recorded_at: datetime
    lapsing: int = 0
    opens: tuple[tuple[int, datetime], ...] = ()

    @classmethod
    def unopened(cls, account_id: UUID, now: datetime) -> "AccountState":
        """An account before its first row."""
        return cls(account_id, 0, 0, 0, 0, bytes(32), 0, bytes(32), now)

    @property
    def available(self) -> int:
        """Points that neither a hold nor a debt takes."""
        return self.balance - self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A movement that is about to become an entry. `contra` names the other side, as `issuance:<rule>`.

    Points that come with `expires_at` lapse then; that is no part of the entry, but of the lot that they lie in.
    """

    points: int
    kind: Kind
    contra: str
    transfer_id: UUID
    occurred_at: datetime
    season: date | None = None
    month: date | None = None
    reverses: int | None = None
    award_seq: int | None = None
    overdraft: bool = False
    note_digest: bytes | None = None
    expires_at: datetime | None = None


class EntryRow(NamedTuple):
    """A row of `entry`, in the order of its columns."""

    account_id: UUID
    seq: int
    points: int
    kind: str
    contra: str
    transfer_id: UUID
    balance_after: int
    held_after: int
    occurred_at: datetime
    recorded_at: datetime
    season: date | None
    month: date | None
    reverses: int | None
    award_seq: int | None
    overdraft: bool
    note_digest: bytes | None
    hash: bytes


def post(account: AccountState, posting: Posting, *, now: datetime) -> tuple[AccountState, EntryRow]:
    """The account after the posting, and its entry. `recorded_at` never goes backwards within an account."""
    recorded_at = max(now, account.recorded_at)
    fields: tuple[Field, ...] = (
        account.account_id,
        account.version + 1,
        posting.points,
        posting.kind,
        posting.contra,
        posting.transfer_id,
        account.balance + posting.points,
        account.held,
        posting.occurred_at,
        recorded_at,
        posting.season,
        posting.month,
        posting.reverses,
        posting.award_seq,
        posting.overdraft,
        posting.note_digest,
    )
    head = link(fields, domain=ENTRY_DOMAIN, previous=account.head)
    after = replace(
        account,
        balance=account.balance + posting.points,
        lifetime=account.lifetime + (posting.points if posting.kind in COUNTED else 0),
        version=account.version + 1,
        head=head,
        recorded_at=recorded_at,
        opens=account.opens
        if posting.expires_at is None
        else (*account.opens, (account.version + 1, posting.expires_at)),
    )
    return after, EntryRow(*fields, head)


def given_back(lapsed: int, *, occurred_at: datetime) -> Posting:
    """What gives back, before an award is reversed, those of its points that have lapsed: they are not taken twice."""
    return Posting(points=lapsed, kind="expiry", contra="expiry", transfer_id=uuid7(), occurred_at=occurred_at)


def with_held(account: AccountState, held: int, *, now: datetime) -> AccountState:
    """The account with other points set aside. `recorded_at` never goes backwards, as for an entry."""
    return replace(account, held=held, recorded_at=max(now, account.recorded_at))
