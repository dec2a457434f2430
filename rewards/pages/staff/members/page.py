"""Members in the hands of staff: search, one with statement and decisions."""

import re
from typing import Any, cast

from flask import render_template, request

from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import request_now, request_snapshot
from rewards.members.search import STATES, State, search_members
from rewards.pages import words
from rewards.pages.frame import present_frame
from rewards.pages.ranking.weeks import policy_or_none
from rewards.pages.staff.audit.words import doer
from rewards.pages.staff.desk import Desk
from rewards.pages.staff.members import actions as member_actions
from rewards.pages.staff.members import entries as member_entries
from rewards.pages.staff.members import merge as member_merge
from rewards.pages.staff.members import status as member_status
from rewards.pages.staff.members.asked import asked_profile, redemption_address
from rewards.pages.staff.members.view import member_page, member_row
from rewards.pages.staff.members.words import audit_words, outcome_choices, signed, state_choices
from rewards.pages.staff.queue.words import state_badge
from rewards.pages.statement_words import present_telling

MEMBERS = 50
QUERY_LENGTH_MAX = 100
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members", view=members, needs="staff:view")
    desk.page("/members/view", view=member, needs="staff:view")
    member_actions.add_to(desk)
    member_entries.add_to(desk)
    member_merge.add_to(desk)
    member_status.add_to(desk)


def members() -> str:
    """Find members by a part of their id or nickname."""
    query = _CONTROL.sub("", request.args.get("q", ""))[:QUERY_LENGTH_MAX].strip()
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    of = f"staff members {state} {query}"
    place: list[Any] | None = place_after(request.args.get("cursor"), of=of)
    with request_snapshot() as session:
        policy = policy_or_none(session, now=request_now())
        found = search_members(
            session,
            query,
            limit=MEMBERS + 1,
            after=place[0] if place else None,
            state=cast("State", state) if state else None,
        )
    locale = present_frame().locale
    rows = [member_row(one, policy=policy, locale=locale) for one in found[:MEMBERS]]
    # Whoever has the very id that was looked for comes first, out of order, and so never last on a full page.
    next_cursor = cursor_for([rows[-1].found.member_id] if len(found) > MEMBERS else None, of=of)
    return render_template(
        "staff/members.html",
        rows=rows,
        query=query,
        state=state,
        states=state_choices(),
        next_cursor=next_cursor,
        first_page=place is None,
    )


def member() -> str:
    """One member: points, statement with decisions, what can be done."""
    now, frame = request_now(), present_frame()
    only = request.args.get("only", "")
    only = only if only in dict(outcome_choices()) else ""
    with request_snapshot() as session:
        policy = policy_or_none(session, now=now)
        view = member_page(
            session,
            asked_profile(session),
            policy=policy,
            telling=present_telling(policy),
            only=only,
            cursor=request.args.get("cursor"),
            now=now,
        )
    return render_template(
        "staff/member.html",
        view=view,
        outcomes=outcome_choices(),
        audit_words=audit_words,
        who=doer,
        state_badge=state_badge,
        redemption_address=redemption_address,
        signed=signed,
        day=lambda day: words.day(day, frame.locale, today=frame.today),
    )
