"""What somebody may do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

SCOPES = (
    "events:write",
    "attendance:write",
    "members:read",
    "members:write",
    "rankings:read",
    "market:read",
    "market:write",
    "staff:view",
    "staff:fulfil",
    "staff:manage",
)
"""What an API key can be allowed."""

Role = Literal["viewer", "fulfiller", "manager"]
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset({"staff:view"}),
    "fulfiller": frozenset({"staff:view", "staff:fulfil"}),
    "manager": frozenset({"staff:view", "staff:fulfil", "staff:manage"}),
}
"""What staff may do; each role includes the one before."""

_INCLUDED: Mapping[str, frozenset[str]] = {"staff:fulfil": ROLES["fulfiller"], "staff:manage": ROLES["manager"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever sends a request. `id` is stable and names nobody; `actor` is how histories and the audit name them.

    `member_id` is set for members only, `source` is that of the events of an API key.
    """

    kind: Literal["key", "staff", "member"]
    id: str
    actor: str
    scopes: frozenset[str] = field(default_factory=frozenset[str])
    source: str = "forum"
    member_id: str | None = None
    staff_id: UUID | None = None


def with_included(scopes: frozenset[str]) -> frozenset[str]:
    """The scopes, and those that they include: managing includes fulfilling, which includes viewing."""
    return scopes.union(*(_INCLUDED.get(scope, frozenset[str]()) for scope in scopes))
