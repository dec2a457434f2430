"""Whether redemptions, stock and held points agree: read by `rewards verify`, slice by slice, and whole by tests."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.verify_slices import ACCOUNTS, ROWS_AT_ONCE, Finding, Key, Part, Slice, whole
from market.states import BEGIN, GIVEN_BACK, OPEN, edges

_GIVEN = {"open": list(OPEN), "given_back": list(GIVEN_BACK), "edges": [f">{BEGIN}", *sorted(edges())]}
_RANGE = "account_id between :first and :last"

OF_ACCOUNTS: dict[str, str] = {
    "redemption {} is {} but its code does not go with that": (
        "select r.redemption_id, r.state from redemption r join product p using (product_id)"
        f" where r.{_RANGE} and ((r.state = 'fulfilled' and r.code_id is null)"
        " or (r.state = any(cast(:given_back as text[])) and r.code_id is not null)"
        " or (r.state = any(cast(:open as text[]))"
        " and (r.code_id is not null) <> (p.stock = 'codes' and r.origin = 'market')))"
    ),
    "redemption {} is {} but its hold does not go with that": (
        "select r.redemption_id, r.state from redemption r left join hold h using (hold_id)"
        f" where r.{_RANGE} and r.hold_id is not null and (h.account_id is distinct from r.account_id"
        " or h.points is distinct from r.points"
        " or h.state is distinct from case when r.state = any(cast(:open as text[])) then 'placed'"
        " when r.state = 'fulfilled' then 'captured' when r.state = 'expired' then 'expired' else 'released' end"
        " or (h.state = 'captured' and h.captured <> r.points))"
    ),
    "hold {} is {} and no redemption has it": (
        "select h.hold_id, h.state from hold h left join redemption r using (hold_id)"
        f" where h.{_RANGE} and h.purpose like 'redemption:%' and r.hold_id is null"
    ),
    "account {} holds {} points, which are not those of its open holds": (
        f"select a.account_id, a.held from account a left join (select account_id, sum(points) as points from hold"
        f" where {_RANGE} and state = 'placed' group by 1) h using (account_id)"
        f" where a.{_RANGE} and a.held <> coalesce(h.points, 0)"
    ),
    "redemption {} is {} but its entries do not go with that": (
        "select r.redemption_id, r.state from redemption r left join"
        " (select transfer_id, account_id, sum(points) as points, count(*) as entries from entry"
        f" where {_RANGE} and contra = 'redemption' and kind = 'capture' group by 1, 2) e"
        f" on e.transfer_id = r.redemption_id where r.{_RANGE} and case when r.state = 'fulfilled' and r.points > 0"
        " then (e.account_id, e.points, e.entries) is distinct from (r.account_id, -r.points, cast(1 as bigint))"
        " else e.transfer_id is not null end"
    ),
    "redemption {} is {}, which is not where its history ends": (
        f"select r.redemption_id, r.state from redemption r where r.{_RANGE} and r.state is distinct from"
        " (select h.state from redemption_history h where h.redemption_id = r.redemption_id order by step desc limit 1)"
    ),
    "redemption {} has a history that goes {}": (
        "select redemption_id, taken from ("
        "select redemption_id, coalesce(lag(h.state) over w, '') || '>' || h.state as taken"
        f" from redemption r join redemption_history h using (redemption_id) where r.{_RANGE}"
        " window w as (partition by redemption_id order by step)) steps"
        " where taken <> all(cast(:edges as text[]))"
    ),
}
OF_CODES: dict[str, str] = {
    "code {} is {} but its redemption does not go with that": (
        "select c.code_id, c.state from code c left join redemption r on r.code_id = c.code_id"
        " where c.code_id between :first and :last"
        " and c.state is distinct from case when r.state = any(cast(:open as text[])) then 'reserved'"
        " when r.state = 'fulfilled' then 'issued' when r.state is null and c.state = 'lapsed' then 'lapsed'"
        " when r.state is null then 'available' end"
    ),
    "code {} is of another product than redemption {}": (
        "select c.code_id, r.redemption_id from code c join redemption r on r.code_id = c.code_id"
        " where c.code_id between :first and :last and c.product_id <> r.product_id"
    ),
}
OF_ALL: dict[str, str] = {"product {} has {} left": "select key, quantity from product where quantity < 0"}
CHECKS = {**OF_CODES, **OF_ACCOUNTS, **OF_ALL}
"""What a broken row is told as, and the query that finds it: two columns, one row for each."""
_AHEAD = text("select code_id from code where code_id >= :first order by code_id offset :at_once limit 1")


def _cut_codes(session: Session, first: Key) -> Slice:
    last = session.execute(_AHEAD, {"first": first, "at_once": ROWS_AT_ONCE}).scalar_one_or_none()
    return Slice("stock", first, last or ACCOUNTS.highest)


STOCK = Part(
    name="stock",
    keys=ACCOUNTS,
    cut=_cut_codes,
    checks=(lambda session, piece: _findings(session, piece, checks=OF_CODES),),
)
PRODUCTS = whole("products", lambda session, piece: _findings(session, piece, checks=OF_ALL))


def market_findings(session: Session, piece: Slice) -> Iterator[Finding]:
    """Redemptions and holds of a slice's accounts that do not agree with each other or with the ledger."""
    yield from _findings(session, piece, checks=OF_ACCOUNTS)


def stock_errors(session: Session) -> list[str]:
    """A sentence for each row of the whole market that does not agree with the others; none when everything does.

    Reads one moment only where the session does: give it a snapshot while others write.
    """
    everything = Slice("market", ACCOUNTS.lowest, ACCOUNTS.highest)
    return [finding.says for finding in _findings(session, everything, checks=CHECKS)]


def _findings(session: Session, piece: Slice, *, checks: dict[str, str]) -> Iterator[Finding]:
    listed = {"first": piece.first, "last": piece.last, **_GIVEN}
    for sentence, query in checks.items():
        given = {name: value for name, value in listed.items() if f":{name} " in f"{query} "}
        for row in session.execute(text(query), given):
            yield Finding("market", " ".join(sentence.split()[:2]).format(*row), sentence.format(*row))
