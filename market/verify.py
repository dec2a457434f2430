"""Whether redemptions, stock and held points agree: read by `rewards verify` and by tests, over the whole database."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.states import BEGIN, GIVEN_BACK, OPEN, edges

_OPEN = list(OPEN)
_GIVEN_BACK = list(GIVEN_BACK)

CHECKS: dict[str, str] = {
    "code {} is {} but its redemption does not go with that": (
        "select c.code_id, c.state from code c left join redemption r on r.code_id = c.code_id"
        " where c.state is distinct from case when r.state = any(cast(:open as text[])) then 'reserved'"
        " when r.state = 'fulfilled' then 'issued' when r.state is null and c.state = 'lapsed' then 'lapsed'"
        " when r.state is null then 'available' end"
    ),
    "redemption {} is {} but its code does not go with that": (
        "select r.redemption_id, r.state from redemption r join product p using (product_id)"
        " where (r.state = 'fulfilled' and r.code_id is null)"
        " or (r.state = any(cast(:given_back as text[])) and r.code_id is not null)"
        " or (r.state = any(cast(:open as text[]))"
        " and (r.code_id is not null) <> (p.stock = 'codes' and r.origin = 'market'))"
    ),
    "code {} is of another product than redemption {}": (
        "select c.code_id, r.redemption_id from code c join redemption r on r.code_id = c.code_id"
        " where c.product_id <> r.product_id"
    ),
    "product {} has {} left": "select key, quantity from product where quantity < 0",
    "redemption {} is {} but its hold does not go with that": (
        "select r.redemption_id, r.state from redemption r join hold h using (hold_id)"
        " where h.account_id <> r.account_id or h.points <> r.points"
        " or h.state is distinct from case when r.state = any(cast(:open as text[])) then 'placed'"
        " when r.state = 'fulfilled' then 'captured' when r.state = 'expired' then 'expired' else 'released' end"
        " or (h.state = 'captured' and h.captured <> r.points)"
    ),
    "hold {} is {} and no redemption has it": (
        "select h.hold_id, h.state from hold h left join redemption r using (hold_id)"
        " where h.purpose like 'redemption:%' and r.hold_id is null"
    ),
    "account {} holds {} points, which are not those of its open holds": (
        "select a.account_id, a.held from account a where a.held <> (select coalesce(sum(h.points), 0) from hold h"
        " where h.account_id = a.account_id and h.state = 'placed')"
    ),
    "redemption {} is {} but its entries do not go with that": (
        "select r.redemption_id, r.state from redemption r left join"
        " (select transfer_id, account_id, sum(points) as points, count(*) as entries from entry"
        " where contra = 'redemption' and kind = 'capture' group by 1, 2) e on e.transfer_id = r.redemption_id"
        " where case when r.state = 'fulfilled' and r.points > 0"
        " then (e.account_id, e.points, e.entries) is distinct from (r.account_id, -r.points, cast(1 as bigint))"
        " else e.transfer_id is not null end"
    ),
    "redemption {} is {}, which is not where its history ends": (
        "select r.redemption_id, r.state from redemption r where r.state is distinct from"
        " (select h.state from redemption_history h where h.redemption_id = r.redemption_id order by step desc limit 1)"
    ),
    "redemption {} has a history that goes {}": (
        "select redemption_id, taken from ("
        "select redemption_id, coalesce(lag(state) over w, '') || '>' || state as taken"
        " from redemption_history window w as (partition by redemption_id order by step)) steps"
        " where taken <> all(cast(:edges as text[]))"
    ),
}
"""What a broken row is told as, and the query that finds it: two columns, one row for each."""


def stock_errors(session: Session) -> list[str]:
    """A sentence for each row that does not agree with the others; none when everything does.

    Reads one moment only where the session does: give it a snapshot while others write.
    """
    listed = {"open": _OPEN, "given_back": _GIVEN_BACK, "edges": [f">{BEGIN}", *sorted(edges())]}
    found: list[str] = []
    for sentence, query in CHECKS.items():
        given = {name: value for name, value in listed.items() if f":{name} " in query}
        found += [sentence.format(*row) for row in session.execute(text(query), given)]
    return found
