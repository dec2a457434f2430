"""The slow way, call by call as the service does it: members who check in, and one who redeems all the time."""

from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from bench.community import CALENDAR, Community
from bench.history import CHECKS_IN, Size
from market.codes import code_keys
from market.products import ProductDetails, create_product
from market.redemptions import cancel, claim, fulfil, request
from rewards.attendance.attend import Arrival, attend
from rewards.earning.events import Event
from rewards.earning.record import record
from rewards.exchange import periods_on
from rewards.members.profile import account_of
from rewards.runtime.database import transaction

AT_ONCE = 250
SAVER = "saver"
STAFF = "staff:bench"
OPEN_MAX = 30
"""Redemptions of the saver that wait at a time."""


def load_regulars(engine: Engine, *, size: Size, at_home: Community) -> int:
    """Check-ins on four days of five, with something to do after each."""
    rng = Random("regulars")
    written = 0
    names = [f"regular-{number:05}" for number in range(size.regulars)]
    for day in _days(size):
        midnight = CALENDAR.day_start(day)
        there = [name for name in names if rng.random() < CHECKS_IN]
        for first in range(0, len(there), AT_ONCE):
            some = there[first : first + AT_ONCE]
            times = sorted(midnight + timedelta(seconds=rng.randrange(1, 300)) for _ in some)
            arrivals = [Arrival(name, at) for name, at in zip(some, times, strict=True)]
            now = times[-1]
            events = [_reaction(f"{name}:{day}", name, at=now) for name in some]
            with transaction(engine) as session:
                terms, rules = at_home.terms, at_home.attendance
                attend(session, arrivals, terms=terms, rules=rules, origin="check-in", award=True, now=now)
            with transaction(engine) as session:
                record(session, events, terms=at_home.terms, now=now)
            written += 2 * len(some)
    return written


def load_saver(engine: Engine, *, size: Size, at_home: Community) -> int:
    """A member whose holds are very many: placed, most of them captured, some released, some open still."""
    rng = Random(SAVER)
    days = list(_days(size))
    a_day, more = divmod(size.redemptions, len(days))
    with transaction(engine) as session:
        details = ProductDetails(name_ko="상품권", name_en="Card", face_value=1, currency="KRW", price=1, for_sale=True)
        product = create_product(session, key="bench", details=details, stock="unlimited", now=size.since)
    waiting: list[UUID] = []
    for number, day in enumerate(days):
        at = CALENDAR.day_start(day) + timedelta(hours=1)
        wanted = a_day + (number < more)
        with transaction(engine) as session:
            events = [_reaction(f"{SAVER}:{day}:{count}", SAVER, at=at) for count in range(wanted + 1)]
            record(session, events, terms=at_home.terms, now=at)
        for _ in range(wanted):
            at += timedelta(minutes=rng.randrange(1, 20))
            waiting.append(_redeem(engine, product.product_id, now=at))
            if len(waiting) > OPEN_MAX:
                _end(engine, waiting.pop(0), now=at + timedelta(seconds=30), fulfilled=rng.random() < 0.8)
    return 2 * size.redemptions


def _days(size: Size) -> list[date]:
    """The whole community days of the history but for the last, which may not be over."""
    first, last = CALENDAR.day_of(size.since) + timedelta(days=1), CALENDAR.day_of(size.until)
    return [first + timedelta(days=number) for number in range((last - first).days)]


def _reaction(event_id: str, member_id: str, *, at: datetime) -> Event:
    return Event(source="forum", id=event_id, type="reaction.received", member_id=member_id, occurred_at=at)


def _redeem(engine: Engine, product_id: UUID, *, now: datetime) -> UUID:
    periods = periods_on(CALENDAR.day_of(now), calendar=CALENDAR)
    redemption_id = uuid7()
    with transaction(engine) as session:
        account_id = account_of(session, SAVER)
        request(
            session,
            redemption_id=redemption_id,
            account_id=account_id,
            product_id=product_id,
            periods=periods,
            now=now,
        )
    return redemption_id


_KEYS = code_keys([Fernet.generate_key().decode()])


def _end(engine: Engine, redemption_id: UUID, *, now: datetime, fulfilled: bool) -> None:
    with transaction(engine) as session:
        if not fulfilled:
            cancel(session, redemption_id, account_id=account_of(session, SAVER), now=now)
            return
        claim(session, redemption_id, actor=STAFF, now=now)
        today = CALENDAR.day_of(now)
        fulfil(session, redemption_id, actor=STAFF, keys=_KEYS, today=today, now=now, code=f"code-{redemption_id}")
