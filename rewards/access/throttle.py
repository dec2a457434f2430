"""How long whoever failed to sign in waits before the next try. Pure.

Each failure past the free ones doubles the wait, up to a quarter of an hour: somebody who mistypes is not kept out,
somebody who guesses gets about a hundred tries a day. Nobody is ever locked out for good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

FREE_OF_PAIR = 5
"""Failures of one name from one address before the next try has to wait."""
FREE_OF_ADDRESS = 20
"""Failures of an address under any names: an office may share one."""
FREE_OF_NAME = 25
"""Failures of a name from anywhere, of which each address counts FREE_OF_PAIR at most: one stranger can't use it up."""
WAIT_MAX = timedelta(minutes=15)
FAILURES_COUNT_FOR = timedelta(days=1)
_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Failures:
    """How many there were within a day, and the last of them; None where there was none."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What counts for one try: failures of this name from this address, of this address, of this name.

    `known_address`: this person has signed in from there before, so that strangers' failures slow nobody down.
    """

    pair: Failures = Failures()
    address: Failures = Failures()
    name: Failures = Failures()
    known_address: bool = False


def wait_before(record: Record, *, now: datetime) -> timedelta:
    """How long until the next try is taken; zero if it is taken now."""
    ends = [_wait_ends(record.pair, free=FREE_OF_PAIR)]
    if not record.known_address:
        ends += [_wait_ends(record.address, free=FREE_OF_ADDRESS), _wait_ends(record.name, free=FREE_OF_NAME)]
    return max((end - now for end in ends if end is not None and end > now), default=timedelta(0))


def _wait_ends(failures: Failures, *, free: int) -> datetime | None:
    if failures.last_at is None or failures.count < free:
        return None
    return failures.last_at + wait_after(failures.count, free=free)


def wait_after(count: int, *, free: int) -> timedelta:
    """How long to wait after so many failures, of which some are free."""
    doublings = count - free + 1
    if doublings < 1:
        return timedelta(0)
    # More doublings than these reach the limit anyhow, and would not fit into a timedelta.
    return min(timedelta(seconds=2 ** min(doublings, 12)), WAIT_MAX)


def network_of(address: str | None) -> str:
    """What counts as one address: of IPv6 the half that a line is given, since its holder chooses the rest."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    network = IPv6Address(int(parsed) >> _NETWORK_BITS << _NETWORK_BITS)
    return f"{network}/{_NETWORK_BITS}"
