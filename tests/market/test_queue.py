"""The staff's queue and a member's own redemptions."""

from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.postings import Posting, post
from market.codes import CodeKeys
from market.products import ensure_prize_products
from market.queue import (
    QueueFilter,
    QueueTotals,
    RedemptionRow,
    cursor_of,
    find_redemption,
    position_in_queue,
    queue_totals,
    read_queue,
    redemptions_of,
)
from market.redemptions import cancel, claim, request_prize
from tests.support.market import NOW, PRICE, STAFF, TODAY, after, ask, member_with, product_with


def test_pages_of_the_queue_hold_each_open_redemption_once_oldest_first(session: Session) -> None:
    member, card = member_with(session, 20 * PRICE), product_with(session, stock="unlimited")
    # Two at each instant: the cursor must tell them apart.
    ids = [ask(session, member, card, now=after(minutes=n // 2)).redemption_id for n in range(11)]
    cancel(session, ids.pop(5), account_id=member, now=after(hours=1))
    seen: list[RedemptionRow] = []
    late: list[UUID] = []

    page = read_queue(session, limit=3)
    while page:
        seen += page
        page = read_queue(session, limit=3, after=cursor_of(page[-1]))
        if len(seen) == 6:
            late.append(ask(session, member, card, now=after(days=1)).redemption_id)

    assert [row.redemption_id for row in seen] == [*by_time(session, ids), *late]
    assert len(late) == 1


def by_time(session: Session, ids: list[UUID]) -> list[UUID]:
    return sorted(ids, key=lambda redemption_id: (find_redemption(session, redemption_id).requested_at, redemption_id))


def test_the_queue_shows_only_what_its_filter_asks_for(session: Session) -> None:
    member, other = member_with(session, 1000), member_with(session, 1000)
    card, coffee = product_with(session, stock="unlimited"), product_with(session, stock="unlimited")
    ensure_prize_products(session, now=NOW)
    first = ask(session, member, card).redemption_id
    second = ask(session, other, coffee, now=after(minutes=1)).redemption_id
    prize = request_prize(
        session, redemption_id=uuid7(), account_id=member, product_key="prize-2000", today=TODAY, now=after(minutes=2)
    ).redemption_id
    claim(session, second, actor=STAFF, now=after(minutes=3))

    shown = {
        name: [row.redemption_id for row in read_queue(session, limit=10, only=only)]
        for name, only in {
            "open": QueueFilter(),
            "claimed": QueueFilter(states=("claimed",)),
            "mine": QueueFilter(claimed_by=STAFF),
            "prizes": QueueFilter(origin="prize"),
            "coffee": QueueFilter(product_id=coffee.product_id),
            "member": QueueFilter(account_id=member),
            "fulfilled": QueueFilter(states=("fulfilled",)),
        }.items()
    }

    assert shown == {
        "open": [first, second, prize],
        "claimed": [second],
        "mine": [second],
        "prizes": [prize],
        "coffee": [second],
        "member": [first, prize],
        "fulfilled": [],
    }


def test_totals_and_positions_count_what_is_open(session: Session) -> None:
    member = member_with(session, 1000)
    card = product_with(session, stock="unlimited")
    approved = product_with(session, stock="unlimited", needs_approval=True)
    ids = [ask(session, member, card, now=after(hours=n)).redemption_id for n in range(3)]
    waiting = ask(session, member, approved, now=after(hours=9)).redemption_id

    claim(session, ids[1], actor=STAFF, now=after(days=1))
    cancel(session, ids[0], account_id=member, now=after(days=1))

    assert queue_totals(session) == QueueTotals(1, 1, 1, after(hours=1))
    assert [position_in_queue(session, each) for each in (*ids, waiting)] == [None, 1, 2, 3]


def test_an_empty_queue_has_no_oldest(session: Session) -> None:
    assert queue_totals(session) == QueueTotals(0, 0, 0, None)
    assert read_queue(session, limit=10) == []


def test_a_member_sees_their_own_newest_first_page_by_page(session: Session) -> None:
    member, card = member_with(session, 1000), product_with(session, stock="unlimited")
    ids = [ask(session, member, card, now=after(minutes=n)).redemption_id for n in range(5)]
    ask(session, member_with(session, 1000), card)

    first = redemptions_of(session, [member], limit=3)
    rest = redemptions_of(session, [member], limit=3, before=cursor_of(first[-1]))

    assert [row.redemption_id for row in first + rest] == ids[::-1]


def test_the_queue_tells_what_a_member_owes_beside_what_is_held(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, PRICE), product_with(session, codes=["A"], keys=keys)
    ask(session, member, card)

    account = lock_accounts(session, [member], now=NOW)[member]
    taken = Posting(points=-30, kind="penalty", contra="issuance:test", transfer_id=uuid7(), occurred_at=NOW)
    owing, entry = post(account, taken, now=NOW)
    write_accounts(session, [owing], entries=[entry])

    assert [row.owes for row in read_queue(session, limit=1)] == [30]
