"""How a verification is cut: into parts, and each part into slices by the keys of the rows it starts from.

A slice is read in one moment and is small, so that all of them together can be read gently, one short snapshot after
the other; `rewards verify` reads the same slices in a single snapshot. The slices of a part tile every key that can
exist, not only those that are there: a row of an account that nobody has is in a slice too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DataError, InternalError
from sqlalchemy.orm import Session

Key = UUID | date | int


class Finding(NamedTuple):
    """A row that is wrong: what was checked, where, and what is so."""

    check: str
    where: str
    says: str


class Slice(NamedTuple):
    """The rows of a part from one key to another, both inclusive. `rows`: the entries and decisions of its accounts."""

    part: str
    first: Key
    last: Key
    accounts: int = 0
    rows: int = 0


Checks = Mapping[str, tuple[str, str]]
"""By name: what a broken row is told as ("where: says", a {} for each column), and the query that finds it."""
Check = Callable[[Session, Slice], Iterator[Finding]]
Cut = Callable[[Session, Key], Slice]
"""Answers the slice that begins at a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a part's rows go by: the ends of all keys that can exist, and the step from one to the next."""

    lowest: Key
    highest: Key
    after: Callable[[Any], Key]
    read: Callable[[str], Key]


ACCOUNTS = Keys(lowest=UUID(int=0), highest=UUID(int=2**128 - 1), after=lambda key: UUID(int=key.int + 1), read=UUID)
DAYS = Keys(lowest=date.min, highest=date.max, after=lambda key: key + timedelta(days=1), read=date.fromisoformat)
NUMBERS = Keys(lowest=0, highest=2**63 - 1, after=lambda key: key + 1, read=int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Checks that look at the same rows, and how these are cut. Checks of other rows are another part."""

    name: str
    keys: Keys
    cut: Cut
    checks: Sequence[Check]

    def slices(self, session: Session) -> Iterator[Slice]:
        """All of them, from the lowest key to the highest."""
        key = self.keys.lowest
        while True:
            piece = self.cut(session, key)
            yield piece
            if piece.last == self.keys.highest:
                return
            key = self.keys.after(piece.last)

    def findings(self, session: Session, piece: Slice) -> Iterator[Finding]:
        """Every broken row of a slice, in the order of the checks. One that can't run is a finding, and hides no other.

        Raises SQLAlchemyError where no row is to blame: the server ends, takes too long, or has another schema.
        """
        for check in self.checks:
            try:
                with session.begin_nested():
                    found = list(check(session, piece))
            except (DataError, InternalError) as error:
                says = f"a check could not run: {str(error).splitlines()[0]}"
                found = [Finding("verify", f"{self.name} from {piece.first} to {piece.last}", says)]
            yield from found


def whole(name: str, *checks: Check) -> Part:
    """A part that is one slice: for what is small, or has no key to be cut by."""
    return Part(name=name, keys=NUMBERS, cut=lambda _, key: Slice(name, key, NUMBERS.highest), checks=checks)


def queries(checks: Checks, **parameters: Any) -> Check:
    """The check that runs these queries. Each is given the slice's :first and :last, and what else it names."""

    def run(session: Session, piece: Slice) -> Iterator[Finding]:
        given = {"first": piece.first, "last": piece.last, **parameters}
        for check, (sentence, query) in checks.items():
            wanted = {name: value for name, value in given.items() if f":{name}" in query}
            for row in session.execute(text(query), wanted):
                where, _, says = sentence.format(*row).partition(": ")
                yield Finding(check, where, says)

    return run


ACCOUNTS_AT_ONCE = 2000
ROWS_AT_ONCE = 50_000
_AHEAD = text("""
with next as (
    select account_id, version, decisions from account where account_id >= :first order by account_id limit :at_once
), ahead as (
    select account_id, row_number() over by_id as accounts, sum(version + decisions) over by_id as rows from next
    window by_id as (order by account_id)
)
select account_id, accounts, cast(rows as bigint) as rows,
    accounts = (select count(*) from next) and accounts < :at_once as is_end
    from ahead where rows <= :rows_at_once or accounts = 1 order by accounts desc limit 1
""")


def cut_accounts(session: Session, first: Key) -> Slice:
    """Some accounts in the order of their ids, with not too many rows; the last slice goes on to the highest id."""
    bounds = {"first": first, "at_once": ACCOUNTS_AT_ONCE, "rows_at_once": ROWS_AT_ONCE}
    ahead = session.execute(_AHEAD, bounds).one_or_none()
    if ahead is None:
        return Slice("accounts", first, ACCOUNTS.highest)
    last = ACCOUNTS.highest if ahead.is_end else ahead.account_id
    return Slice("accounts", first, last, accounts=ahead.accounts, rows=ahead.rows)
