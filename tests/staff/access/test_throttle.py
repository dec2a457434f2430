"""How long guesses wait: pure, so held by properties."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.access.throttle import (
    FREE_OF_ADDRESS,
    FREE_OF_NAME,
    FREE_OF_PAIR,
    WAIT_MAX,
    Failures,
    Record,
    network_of,
    wait_after,
    wait_before,
)
from tests.support.clock import START

COUNTS = st.integers(0, 10_000)
AGES = st.timedeltas(timedelta(0), timedelta(days=1))
FAILURES = st.builds(lambda count, age: Failures(count, START - age if count else None), COUNTS, AGES)
RECORDS = st.builds(Record, pair=FAILURES, address=FAILURES, name=FAILURES, known_address=st.booleans())


@given(RECORDS)
def test_nobody_ever_waits_longer_than_the_limit(record: Record) -> None:
    assert timedelta(0) <= wait_before(record, now=START) <= WAIT_MAX


@given(RECORDS)
def test_a_wait_that_is_over_is_over(record: Record) -> None:
    wait = wait_before(record, now=START)

    assert wait_before(record, now=START + wait) == timedelta(0)


@given(COUNTS, st.integers(1, 30))
def test_one_more_failure_never_shortens_the_wait(count: int, free: int) -> None:
    assert wait_after(count, free=free) <= wait_after(count + 1, free=free)


@given(st.integers(0, FREE_OF_PAIR - 1))
def test_whoever_mistypes_a_few_times_does_not_wait(count: int) -> None:
    failures = Failures(count, START if count else None)

    assert wait_before(Record(pair=failures, address=failures, name=failures), now=START) == timedelta(0)


def test_the_wait_doubles() -> None:
    waits = [wait_after(count, free=5).total_seconds() for count in range(4, 16)]

    assert waits == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@given(FAILURES, FAILURES)
def test_where_somebody_has_signed_in_before_strangers_slow_nobody(address: Failures, name: Failures) -> None:
    record = Record(address=address, name=name, known_address=True)

    assert wait_before(record, now=START) == timedelta(0)


@pytest.mark.parametrize(
    "record_of,free",
    [
        (lambda failures: Record(address=failures), FREE_OF_ADDRESS),
        (lambda failures: Record(name=failures), FREE_OF_NAME),
    ],
    ids=["address", "name"],
)
def test_an_attack_on_many_names_or_from_many_addresses_is_slowed_where_nobody_is_known(
    record_of: Callable[[Failures], Record], free: int
) -> None:
    just_free, too_many = (record_of(Failures(count, START)) for count in (free - 1, free))

    assert wait_before(just_free, now=START) == timedelta(0)
    assert wait_before(too_many, now=START) == timedelta(seconds=2)


def test_a_day_of_guessing_from_one_place_has_about_a_hundred_tries() -> None:
    now, count, last = START, 0, START
    while now < START + timedelta(days=1):
        now += wait_before(Record(pair=Failures(count, last)), now=now)
        count, last = count + 1, now

    assert 100 <= count <= 120


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_line_with_ipv6_is_one_address_whatever_its_holder_chooses(network: int, one: int, other: int) -> None:
    addresses = [str(IPv6Address(network << 64 | host)) for host in (one, other)]

    assert len({network_of(address) for address in addresses if not address.startswith("::ffff:")}) <= 1


@pytest.mark.parametrize(
    "address,network",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str | None, network: str) -> None:
    assert network_of(address) == network
