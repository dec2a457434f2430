"""The member whom an address names: by `?id=`, since ids may hold slashes."""

from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from rewards.access.member_tokens import is_member_id
from rewards.errors import UnknownThing
from rewards.members.profile import Profile, read_profile
from rewards.pages.staff.queue.asked import TABS


def asked_id() -> str:
    """The id in the address. Raises NotFound for what can be none."""
    member_id = request.args.get("id")
    if not is_member_id(member_id):
        raise NotFound
    return member_id


def asked_profile(session: Session) -> Profile:
    """The member whom the address names. Raises NotFound."""
    try:
        return read_profile(session, asked_id())
    except UnknownThing as error:
        raise NotFound from error


def address_of(member_id: str) -> str:
    """Where staff see the member."""
    return url_for("staff.member", id=member_id)


def name_of(profile: Profile) -> str:
    """How the member is called."""
    return profile.name or profile.member_id


def redemption_address(redemption_id: UUID, state: str) -> str:
    """Where staff see a redemption: in its part of the queue."""
    tab = next((tab for tab, states in TABS.items() if state in states and tab != "mine"), None)
    return url_for("staff.queue", tab=None if tab == "waiting" else tab, open=redemption_id)
