"""What somebody of the staff may do with a redemption as it stands. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from market.states import GIVEN_BACK, State

FULFIL, MANAGE = "staff:fulfil", "staff:manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a redemption stands to whoever looks at it."""

    state: State
    claimed_by: str | None
    is_approved_by_reader: bool
    has_code: bool
    may_go_on: bool
    """Whether it is a prize that the next in the standing could get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """The steps that would not be refused now."""

    claim: bool = False
    from_stock: bool = False
    typed: bool = False
    reject: bool = False
    release: bool = False
    approve: bool = False
    show_code: bool = False
    pass_on: bool = False

    @property
    def works_on_it(self) -> bool:
        """Whether it can be brought further, rather than only looked at or given back."""
        return self.claim or self.typed or self.approve


def abilities(found: Standing, *, actor: str, scopes: AbstractSet[str]) -> Abilities:
    """What `actor` may do, by role and by the redemption."""
    if FULFIL not in scopes:
        return Abilities()
    manages = MANAGE in scopes
    if found.state == "requested":
        takes = not found.is_approved_by_reader
        return Abilities(claim=takes, typed=takes, from_stock=takes and found.has_code, reject=True)
    if found.state == "claimed":
        mine = found.claimed_by == actor
        return Abilities(typed=mine, from_stock=mine and found.has_code, reject=mine, release=mine or manages)
    if found.state == "awaiting_approval":
        return Abilities(approve=manages, reject=True)
    if found.state == "fulfilled":
        return Abilities(show_code=True)
    return Abilities(pass_on=manages and found.may_go_on and found.state in GIVEN_BACK)
