"""A try to sign in as staff, in two steps: it counts as a failure from its first moment until the password is right.

So any number of tries at once get no more free ones than one after the other, and the slow comparison of the password
waits outside of every lock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.access.secrets import digest_of
from rewards.access.staff import StaffMember
from rewards.access.staff_sessions import SignedIn, open_session
from rewards.access.throttle import FAILURES_COUNT_FOR, FREE_OF_PAIR, Failures, Record, network_of, wait_before

_PERSON = text(
    "select staff_id, name, role, created_at, disabled_at, password_hash from staff"
    " where name = :name and disabled_at is null"
)
# Names before addresses, each in a space of its own, so that two tries never wait for each other in a ring.
_LOCK = text(
    "select pg_advisory_xact_lock(71, hashtext(:name)), pg_advisory_xact_lock(72, hashtext(cast(:address as text)))"
)
_COUNT = text(
    "select count(*) filter (where name = :name and address = :address) as pair,"
    " max(failed_at) filter (where name = :name and address = :address) as pair_at,"
    " count(*) filter (where address = :address) as address, max(failed_at) filter (where address = :address)"
    " as address_at,"
    " count(*) filter (where name = :name and nth <= :free) as name,"
    " max(failed_at) filter (where name = :name and nth <= :free) as name_at"
    " from (select name, address, failed_at, row_number() over (partition by name, address order by failed_at) as nth"
    " from sign_in_failure where (name = :name or address = :address) and failed_at > :since) f"
)
_ADDRESSES = text("select distinct address from staff_session where staff_id = :staff_id and address is not null")
_FAIL = text(
    "insert into sign_in_failure (name, address, failed_at) values (:name, :address, :now) returning failure_id"
)
_CLEAR = text("delete from sign_in_failure where name = :name and address = :address")


@dataclass(frozen=True, slots=True)
class MustWait:
    """The try is not taken; whether the password was right is not even looked at."""

    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try that is taken: compare the password with `kept`, then end it. `person` is nobody for an unknown name.

    `counted_as` names it among the failures: a name that nobody has is not kept as it was typed, for it may well be
    a password. `slows`: if it fails, the next one from there has to wait.
    """

    person: StaffMember | None
    kept: str | None
    counted_as: str
    network: str
    slows: bool


def begin_try(session: Session, *, name: str, address: str | None, now: datetime) -> Try | MustWait:
    """Take a try, counted as a failure, or say how long to wait. The caller commits before it compares the password."""
    row = session.execute(_PERSON, {"name": name}).one_or_none()
    counted_as = name if row else f"unknown {digest_of(name).hex()[:16]}"
    network = network_of(address)
    session.execute(_LOCK, {"name": counted_as, "address": network})
    record = _record(session, counted_as, network=network, staff_id=row.staff_id if row else None, now=now)
    wait = wait_before(record, now=now)
    if wait:
        return MustWait(wait)
    session.execute(_FAIL, {"name": counted_as, "address": network, "now": now})
    return Try(
        person=StaffMember(*row[:5]) if row else None,
        kept=row.password_hash if row else None,
        counted_as=counted_as,
        network=network,
        slows=record.pair.count + 1 == FREE_OF_PAIR,
    )


def succeed(session: Session, tried: Try, *, address: str | None, agent: str | None, now: datetime) -> SignedIn:
    """The password was right: forget the failures from there, and open a session."""
    assert tried.person is not None
    session.execute(_CLEAR, {"name": tried.counted_as, "address": tried.network})
    return open_session(session, tried.person, address=address, agent=agent, now=now)


def _record(session: Session, counted_as: str, *, network: str, staff_id: object, now: datetime) -> Record:
    since = now - FAILURES_COUNT_FOR
    counted = session.execute(
        _COUNT, {"name": counted_as, "address": network, "since": since, "free": FREE_OF_PAIR}
    ).one()
    addresses = session.execute(_ADDRESSES, {"staff_id": staff_id}).scalars() if staff_id else ()
    return Record(
        pair=Failures(counted.pair, counted.pair_at),
        address=Failures(counted.address, counted.address_at),
        name=Failures(counted.name, counted.name_at),
        known_address=network in {network_of(address) for address in addresses},
    )
