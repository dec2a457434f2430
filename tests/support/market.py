"""Members with points, products with stock, the periods around a fixed time: what a test of the market is given."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, read_accounts, write_accounts
from ledger.outbox import open_generation
from ledger.postings import AccountState, Posting, post
from market.codes import CodeKeys, code_keys, import_codes
from market.limits import Limit, Periods
from market.products import ProductDetails, ProductRow, Stock, create_product
from market.queue import RedemptionRow
from market.redemptions import request

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
"""A Wednesday noon in Seoul."""
TODAY = date(2026, 3, 4)
PERIODS = Periods(
    today=TODAY,
    day=datetime(2026, 3, 3, 15, 0, tzinfo=UTC),
    week=datetime(2026, 3, 1, 15, 0, tzinfo=UTC),
    month=datetime(2026, 2, 28, 15, 0, tzinfo=UTC),
)
PRICE = 100
STAFF = "staff:mina"
OTHER_STAFF = "staff:jun"


def member_with(session: Session, points: int) -> UUID:
    """An account whose balance is `points`, below zero too."""
    account_id = uuid7()
    accounts_with(session, {account_id: points})
    return account_id


def accounts_with(session: Session, points: dict[UUID, int]) -> None:
    """Open the accounts, each with one entry."""
    locked = lock_accounts(session, points, now=NOW)
    posted = [
        post(
            account,
            Posting(
                points=points[account_id],
                kind="award" if points[account_id] > 0 else "penalty",
                contra="issuance:test",
                transfer_id=uuid7(),
                occurred_at=NOW,
            ),
            now=NOW,
        )
        for account_id, account in locked.items()
        if points[account_id]
    ]
    write_accounts(session, [account for account, _ in posted], entries=[entry for _, entry in posted])


def account_of(session: Session, account_id: UUID) -> AccountState:
    """The account as it was last committed, or as this session has it."""
    return read_accounts(session, [account_id])[account_id]


def product_with(
    session: Session,
    *,
    stock: Stock = "codes",
    codes: Iterable[str] = (),
    quantity: int | None = None,
    price: int = PRICE,
    limit: Limit | None = None,
    needs_approval: bool = False,
    keys: CodeKeys | None = None,
    key: str | None = None,
    for_sale: bool = True,
) -> ProductRow:
    """A product for sale, with lines of codes in its stock."""
    details = ProductDetails(
        name_ko="상품권",
        name_en="Gift card",
        face_value=5000,
        currency="KRW",
        price=price,
        for_sale=for_sale,
        limit=limit,
        needs_approval=needs_approval,
    )
    key = key or f"card-{uuid7()}"
    product = create_product(session, key=key, details=details, stock=stock, quantity=quantity, now=NOW)
    lines = list(codes)
    if lines:
        imported = import_codes(session, product.product_id, lines=lines, keys=keys or new_keys(), today=TODAY, now=NOW)
        assert imported.codes == len(lines)
    return product


def new_keys(number: int = 1) -> CodeKeys:
    """Keys that nobody else has."""
    return code_keys([Fernet.generate_key().decode() for _ in range(number)])


def prepare(session: Session) -> None:
    """What `rewards migrate` does besides the schema: begin the outbox's first generation."""
    open_generation(session)


def code_states(session: Session) -> list[str]:
    """The states of all codes, sorted."""
    return list(session.execute(text("select state from code order by state")).scalars())


def after(**passed: float) -> datetime:
    """A while after NOW."""
    return NOW + timedelta(**passed)


def ask(
    session: Session,
    member: UUID,
    product: ProductRow,
    *,
    redemption_id: UUID | None = None,
    periods: Periods = PERIODS,
    now: datetime = NOW,
) -> RedemptionRow:
    """The member asks for the product."""
    return request(
        session,
        redemption_id=redemption_id or uuid7(),
        account_id=member,
        product_id=product.product_id,
        periods=periods,
        now=now,
    )
