"""The audit: who did what."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from rewards.access.audit import AuditLine, read_audit
from rewards.access.keys import list_keys
from rewards.access.staff import list_staff
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import present_frame
from rewards.pages.staff.audit.view import show_lines
from rewards.pages.staff.audit.words import NOBODY, OPERATOR, deeds, doer
from rewards.pages.staff.desk import Desk

LIST = "staff audit"
LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address narrows the list to; what it cannot mean narrows nothing."""

    who: str | None
    what: str | None
    since: date | None
    until: date | None

    def kept(self) -> dict[str, str | None]:
        """For the links of the page."""
        return {
            "who": self.who,
            "what": self.what,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
        }


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/audit", view=audit, needs="staff:manage")


def audit() -> str:
    """Lines of the audit, newest first."""
    asked, place = _asked(), place_after(request.args.get("cursor"), of=LIST)
    frame = present_frame()
    with request_snapshot() as session:
        lines = _lines(session, asked, before=place[0] if place else None)
        shown = show_lines(session, lines[:LINES], frame=frame, now=request_now())
        people = _people(session, asked.who)
    further = [lines[LINES - 1].audit_id] if len(lines) > LINES else None
    return render_template(
        "staff/audit.html",
        lines=shown,
        asked=asked,
        kept=asked.kept(),
        people=people,
        deeds=deeds(),
        next_cursor=cursor_for(further, of=LIST),
        first_page=place is None,
    )


def _lines(session: Session, asked: Asked, *, before: Any) -> list[AuditLine]:
    calendar = here().calendar
    return read_audit(
        session,
        limit=LINES + 1,
        before=before,
        actor=asked.who,
        action=asked.what,
        since=calendar.day_start(asked.since) if asked.since else None,
        until=calendar.day_start(asked.until + timedelta(days=1)) if asked.until else None,
    )


def _people(session: Session, asked: str | None) -> list[tuple[str, str]]:
    """Whoever may have done something: staff, keys, the operator; and whom the address names."""
    actors = [f"staff:{person.name}" for person in list_staff(session)]
    actors += dict.fromkeys(f"key:{key.name}" for key in list_keys(session))
    actors += [OPERATOR, NOBODY]
    if asked and asked not in actors:
        actors.append(asked)
    return [(actor, doer(actor)) for actor in actors]


def _asked() -> Asked:
    given = {name: request.args.get(name, "").strip()[:200].replace("\x00", "") for name in ("who", "what")}
    return Asked(who=given["who"] or None, what=given["what"] or None, since=_day("from"), until=_day("to"))


def _day(name: str) -> date | None:
    """A day that a calendar can begin and end."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None
