import ipaddress
import sys
from typing import Any


def forbid_outside_network() -> None:
    """Refuse, from now on and in this process, every connection that leaves this machine."""
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_here(str(arguments[1][0])):
        raise AssertionError(f"A test may not connect to {arguments[1]}: only this machine.")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
