"""One's own sign-ins, and ending them; managers see everybody's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from rewards.access.staff_sessions import StaffSession, list_sessions
from rewards.errors import UnknownThing
from rewards.http.auth import STAFF_COOKIE
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.pages.agents import agent_words
from rewards.pages.forms import go_on, refuse_aloud, say
from rewards.pages.staff.desk import Desk, at_the_desk, may
from rewards.pages.staff.queue.words import age
from rewards.staff.signing_in import end_other_sessions, end_session, owner_seen_by

SHOWN_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShown:
    """A sign-in as the page tells it."""

    session_id: str
    name: str
    address: str
    agent: str
    created_at: datetime
    created: str
    last_used_at: datetime
    last_used: str
    present: bool


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/sessions", view=sessions, needs="staff:view")
    desk.form("/sessions/end-others", view=end_others, needs="staff:view")
    desk.form("/sessions/<session_id>/end", view=end_one, needs="staff:view")


def sessions() -> str:
    """The sign-ins that are good now."""
    caller = at_the_desk()
    sees_all = may("staff:manage")
    with request_snapshot() as session:
        mine = _listed(session, staff_id=caller.staff_id)
        others = _listed(session, but=caller.staff_id) if sees_all else []
    return render_template("staff/sessions.html", mine=mine, others=others, sees_all=sees_all, at_most=SHOWN_MAX)


def _listed(session: Session, **only: UUID | None) -> list[SessionShown]:
    """One more than is shown says that there are more."""
    now = request_now()
    found = list_sessions(session, token=_token(), now=now, limit=SHOWN_MAX + 1, **only)
    return [_shown(one, now=now) for one in found]


def end_one(session_id: str) -> AnyResponse:
    """End a sign-in: its browser is asked to sign in again at its next click."""
    caller = at_the_desk()
    try:
        with request_transaction() as session:
            whose, now = owner_seen_by(caller), request_now()
            end_session(session, session_id, staff_id=whose, actor=caller.actor, now=now)
        say(gettext("The sign-in has ended."))
    except UnknownThing:
        refuse_aloud(gettext("That sign-in had ended already. Nothing was changed."))
    return go_on(url_for("staff.sessions"), page_changes=False)


def end_others() -> AnyResponse:
    """End all of one's own sign-ins but the present one."""
    caller = at_the_desk()
    assert caller.staff_id is not None
    with request_transaction() as session:
        ended = end_other_sessions(session, caller.staff_id, token=_token(), actor=caller.actor, now=request_now())
    say(ngettext("One other sign-in has ended.", "%(num)d other sign-ins have ended.", ended))
    return go_on(url_for("staff.sessions"), page_changes=False)


def _token() -> str:
    return request.cookies.get(STAFF_COOKIE, "")


def _shown(one: StaffSession, *, now: datetime) -> SessionShown:
    used_at = one.last_used_at or one.created_at
    return SessionShown(
        session_id=one.session_id,
        name=one.name,
        address=one.address or gettext("unknown address"),
        agent=agent_words(one.agent) or gettext("unknown browser"),
        created_at=one.created_at,
        created=age(one.created_at, now=now),
        last_used_at=used_at,
        last_used=age(used_at, now=now),
        present=one.present,
    )
