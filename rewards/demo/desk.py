"""The demo's staff: one of each role, each signed in as themselves."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rewards.access.scopes import Role
from rewards.demo.calls import Calls

MANAGER, FULFILLER, VIEWER = "mina", "jun", "sora"
ROLES: Mapping[str, Role] = {MANAGER: "manager", FULFILLER: "fulfiller", VIEWER: "viewer"}


@dataclass(frozen=True, slots=True)
class Desk:
    """The connections of those who do something; whoever only looks needs none."""

    manager: Calls
    fulfiller: Calls


@contextmanager
def desk_at(url: str, *, password_of: Callable[[str], str]) -> Iterator[Desk]:
    """The staff, signed in with a name and a password as anybody, and out again."""
    callers = {name: Calls(url) for name in (MANAGER, FULFILLER)}
    try:
        for name, caller in callers.items():
            credentials = {"name": name, "password": password_of(name)}
            caller.token = caller.post("/v1/staff/sessions", credentials)["token"]
        yield Desk(callers[MANAGER], callers[FULFILLER])
    finally:
        for caller in callers.values():
            caller.close()
