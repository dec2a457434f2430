"""How points work, made from the policy in force; and, once one is announced, from the next."""

from datetime import datetime

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from market.products import products_on_sale
from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import present_frame
from rewards.pages.points.rules import Reading
from rewards.pages.points.view import PointsView, PolicyShown, market_shown, policy_shown
from rewards.pages.ranking.weeks import policy_or_none
from rewards.policy.document import Policy
from rewards.policy.load import Announced, announced_policy, in_force_since

PRODUCTS_MAX = 50
"""The page says the limits of so many products; the market says those of all."""


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/points", "points", points)
    pages.add_url_rule("/points/next", "next_points", next_points)


def points() -> str:
    """The policy in force, in words."""
    with request_snapshot() as session:
        policy = policy_or_none(session, now=request_now())
        view = _present(session, policy) if policy else None
    return render_template("pages/points.html", view=view)


def next_points() -> str:
    """The policy that has been announced, marked with what will change. Raises NotFound where there is none."""
    with request_snapshot() as session:
        policy = policy_or_none(session, now=request_now())
        announced = announced_policy(session, policy, now=request_now()) if policy else None
        if policy is None or announced is None:
            raise NotFound
        view = _announced(session, announced, before=policy)
    return render_template("pages/points.html", view=view)


def _present(session: Session, policy: Policy) -> PointsView:
    announced = announced_policy(session, policy, now=request_now())
    shown = policy_shown(policy, reading=_reading(policy, at=request_now()))
    since = in_force_since(session, policy)
    return _view(session, shown, since=since, next_from=announced and announced.valid_from, is_next=False)


def _announced(session: Session, announced: Announced, *, before: Policy) -> PointsView:
    reading = _reading(announced.policy, at=announced.valid_from)
    shown = policy_shown(announced.policy, reading=reading, before=before)
    return _view(session, shown, since=announced.valid_from, next_from=None, is_next=True)


def _reading(policy: Policy, *, at: datetime) -> Reading:
    frame = present_frame()
    return Reading(names=policy.names, locale=frame.locale, calendar=here().calendar, now=at)


def _view(
    session: Session, shown: PolicyShown, *, since: datetime, next_from: datetime | None, is_next: bool
) -> PointsView:
    around, frame, now = here(), present_frame(), request_now()
    products = products_on_sale(session, today=frame.today, now=now)
    return PointsView(
        policy=shown,
        since=since.astimezone(frame.timezone),
        is_next=is_next,
        next_from=next_from.astimezone(frame.timezone) if next_from else None,
        market=market_shown(products[:PRODUCTS_MAX], locale=frame.locale),
        reset_weekday=around.calendar.reset_weekday,
        reset_minute=around.calendar.reset_minute,
        grace_minutes=around.settings.season_grace_s // 60,
        expiry_days=around.settings.redemption_expiry_days,
    )
