"""Requests to addresses that people have typed in: resolved once, never inwards, never redirected, never for long."""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from rewards.webhooks.backoff import Answer

CONNECT_S = 5.0
WHOLE_S = 10.0
"""An attempt is over after this, however slowly the receiver's bytes come in."""
PORTS = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Inwards(Exception):
    """The name leads to no address that may be called."""


def address_of(host: str, port: int, *, allowed: Sequence[Network]) -> str:
    """The first public address of a host, or one in `allowed`. Raises Inwards, and OSError where it has none."""
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for name in found:
        if may_be_called(ip_address(str(name).partition("%")[0]), allowed=allowed):
            return str(name)
    raise Inwards(f"{host} leads to {', '.join(sorted({str(name) for name in found}))}, which is not public")


def may_be_called(address: Address, *, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or one of those that the operator allows. Pure."""
    plain = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
    if any(plain.version == network.version and plain in network for network in allowed):
        return True
    return plain.is_global and not plain.is_multicast


@dataclass(slots=True)
class Receiver:
    """An address with one connection, kept while it lasts. Use from one thread; `close` it."""

    url: str
    allowed: Sequence[Network] = ()
    connection: HTTPConnection | None = field(default=None, init=False)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body; what the receiver says beyond its status and `Retry-After` is not read."""
        try:
            return self._attempt(body, headers)
        except (OSError, HTTPError, Inwards, ValueError) as error:
            self.close()
            return Answer(None, error=_in_words(error))

    def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _attempt(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(self.url)
        connection = self.connection or self._connect(parts)
        self.connection = connection
        late = threading.Event()
        watch = threading.Timer(WHOLE_S, _cut, (connection, late))
        watch.start()
        try:
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", target, body=body, headers={**headers, "Host": parts.netloc.rpartition("@")[2]})
            response = connection.getresponse()
            answer = Answer(response.status, retry_after=_seconds(response.headers.get("Retry-After")))
            if response.read(1024) and response.read(1):
                self.close()  # it has more to say than anybody will read
        finally:
            watch.cancel()
        if late.is_set():  # what was read of a cut answer may look like a whole one
            raise TimeoutError(f"no answer within {WHOLE_S:g} s")
        return answer

    def _connect(self, parts: SplitResult) -> HTTPConnection:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        address = address_of(host, port, allowed=self.allowed)
        connection: HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(
                address, port, timeout=CONNECT_S, ssl_context=context, server_hostname=host, assert_hostname=host
            )
        else:
            connection = HTTPConnection(address, port, timeout=CONNECT_S)
        connection.connect()
        if connection.sock is not None:
            connection.sock.settimeout(WHOLE_S)
        return connection


def _cut(connection: HTTPConnection, late: threading.Event) -> None:
    """End a connection under whoever waits for it: a closed one would leave them waiting."""
    late.set()
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _seconds(said: str | None) -> timedelta | None:
    """`Retry-After` in either of its forms; none where it makes no sense."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return timedelta(seconds=min(int(said), 10**6))
    try:
        return max(parsedate_to_datetime(said) - datetime.now(UTC), timedelta())
    except (ValueError, TypeError):
        return None


def _in_words(error: Exception) -> str:
    text = str(error).replace("\n", " ").strip()
    return f"{type(error).__name__}: {text}"[:300]
