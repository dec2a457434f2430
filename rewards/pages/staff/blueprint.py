"""The staff's blueprint, put together."""

from typing import Any

from flask import Blueprint, request

from rewards.http.auth import STAFF_COOKIE, current_staff
from rewards.http.surroundings import request_snapshot
from rewards.pages.forms import proof_of
from rewards.pages.staff import access, adjustments, audit, codes, members, overview, products, queue, seasons, webhooks
from rewards.pages.staff.desk import Desk, may
from rewards.staff.adjustment_rows import count_waiting


def staff_blueprint() -> Blueprint:
    """All pages under /staff."""
    desk = Desk("staff", __name__, url_prefix="/staff", template_folder="../templates")
    desk.context_processor(_around)
    for part in (access, overview, queue, products, codes, members, adjustments, seasons, audit, webhooks):
        part.add_to(desk)
    return desk


def _around() -> dict[str, Any]:
    """What the staff's templates may ask for beside what every template may."""
    secret = request.cookies.get(STAFF_COOKIE, "")
    around = {"staff": current_staff(), "may": may, "csrf": proof_of(secret) if secret else ""}
    return around | {"waiting_adjustments": _waiting_adjustments}


def _waiting_adjustments() -> int:
    """How many wait for a second of the staff, for the menu: read only where there is one."""
    with request_snapshot() as session:
        return count_waiting(session)
