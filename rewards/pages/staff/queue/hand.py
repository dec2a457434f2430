"""The redemption that is looked at, read with all that helps to decide about it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.issuing import Reading, code_ahead, readings_of
from market.products import find_product
from market.queue import Line, RedemptionRow, history_of
from rewards.access.scopes import Caller
from rewards.members.accounts import OF_MEMBER
from rewards.pages import words
from rewards.pages.faces import face_of
from rewards.pages.frame import Frame
from rewards.pages.staff.queue.abilities import Abilities, Standing, abilities
from rewards.pages.staff.queue.asked import Asked
from rewards.pages.staff.queue.members import product_of
from rewards.pages.staff.queue.view import HandShown, PrizeWon, Recent, StepTaken, StockShown
from rewards.pages.staff.queue.words import action_word, actor_name, age, badge_of, reading_word, state_badge

RECENT = timedelta(days=30)
RECENT_SHOWN = 3

_MEMBER = text(
    "select m.account_id, m.member_id, m.name, m.avatar, m.suspended_at, a.balance - a.held as available from member w"
    " join member m on m.account_id = coalesce(w.merged_into, w.account_id)"
    " join account a on a.account_id = m.account_id where w.account_id = :account_id"
)
_PRIZE = text(
    "select w.place, s.season_id, s.ends_at, w.attempt = (select max(o.attempt) from prize o"
    " where o.season_id = w.season_id and o.place = w.place) as is_latest"
    " from prize w join season s using (season_id) where w.redemption_id = :redemption_id"
)
_RECENT = text(
    "select r.redemption_id, p.name_ko, p.name_en, r.points, r.state, r.requested_at, count(*) over () as in_all"
    f" from redemption r join product p using (product_id) where r.{OF_MEMBER}"
    " and r.redemption_id <> :redemption_id and r.requested_at > :since"
    " order by r.requested_at desc, r.redemption_id desc limit :limit"
)


def read_hand(
    session: Session, row: RedemptionRow, *, asked: Asked, caller: Caller, frame: Frame, now: datetime
) -> HandShown:
    """The redemption, its member, what is in stock for it, and what has happened to it."""
    product = find_product(session, row.product_id, today=frame.today)
    ahead = code_ahead(session, row.redemption_id, today=frame.today)
    member = session.execute(_MEMBER, {"account_id": row.account_id}).one()
    won = _prize(session, row, frame=frame)
    history = history_of(session, row.redemption_id)
    recent = _recent_rows(session, row, account_id=member.account_id, now=now)
    approved = any(line.action == "approve" and line.actor == caller.actor for line in history)
    lapses_on = words.day(ahead.expires_on, frame.locale, today=frame.today) if ahead and ahead.expires_on else None
    return HandShown(
        redemption_id=row.redemption_id,
        state=row.state,
        badge=badge_of(row, actor=caller.actor),
        product=product_of(row, frame=frame),
        face_value=_face_value(row, frame=frame),
        face=face_of(member.member_id, name=member.name, avatar=member.avatar),
        member_id=member.member_id,
        available=member.available,
        owes=row.owes,
        suspended=member.suspended_at is not None,
        points=row.points,
        prize=won,
        requested_at=row.requested_at,
        age=age(row.requested_at, now=now),
        held_by=actor_name(row.claimed_by) if row.claimed_by and row.claimed_by != caller.actor else None,
        approved_by_reader=approved,
        stock=StockShown(
            product.stock, None if product.left == "unlimited" else product.left, ahead is not None, lapses_on
        ),
        history=_steps(history, readings_of(session, row.redemption_id), is_prize=row.origin == "prize", now=now),
        recent=tuple(_recent(other, asked=asked, frame=frame, now=now) for other in recent),
        recent_count=recent[0].in_all if recent else 0,
        may=_may(row, caller=caller, approved=approved, has_code=ahead is not None, won=won),
    )


def _face_value(row: RedemptionRow, *, frame: Frame) -> str:
    """What the card is worth, unless its name says so."""
    named = f"{row.face_value:,}" in product_of(row, frame=frame)
    return "" if named else words.money(row.face_value, row.currency, locale=frame.locale)


def _may(row: RedemptionRow, *, caller: Caller, approved: bool, has_code: bool, won: PrizeWon | None) -> Abilities:
    found = Standing(
        state=row.state,
        claimed_by=row.claimed_by,
        is_approved_by_reader=approved,
        has_code=has_code,
        may_go_on=won is not None and won.may_go_on,
    )
    return abilities(found, actor=caller.actor, scopes=caller.scopes)


def _prize(session: Session, row: RedemptionRow, *, frame: Frame) -> PrizeWon | None:
    won = session.execute(_PRIZE, {"redemption_id": row.redemption_id}).one_or_none()
    if won is None:
        return None
    last = words.last_day(won.ends_at.astimezone(frame.timezone))
    week = words.days(won.season_id, last, locale=frame.locale, today=frame.today)
    return PrizeWon(won.place, week, won.is_latest)


def _recent_rows(session: Session, row: RedemptionRow, *, account_id: UUID, now: datetime) -> list[Row[Any]]:
    whose = {"account_id": account_id, "redemption_id": row.redemption_id}
    return list(session.execute(_RECENT, {**whose, "since": now - RECENT, "limit": RECENT_SHOWN}))


def _recent(other: Row[Any], *, asked: Asked, frame: Frame, now: datetime) -> Recent:
    return Recent(
        address=asked.address(opened=other.redemption_id),
        product=other.name_ko if frame.locale == "ko" else other.name_en,
        points=other.points,
        age=age(other.requested_at, now=now),
        at=other.requested_at,
        badge=state_badge(other.state),
    )


def _steps(history: list[Line], readings: list[Reading], *, is_prize: bool, now: datetime) -> tuple[StepTaken, ...]:
    """The history with the readings of its code, in the order of time."""
    steps = [
        StepTaken(
            action_word(line, is_prize=is_prize),
            actor_name(line.actor),
            line.recorded_at,
            age(line.recorded_at, now=now),
            line.reason,
        )
        for line in history
    ]
    shown = [
        StepTaken(
            reading_word(),
            actor_name(reading.actor),
            reading.recorded_at,
            age(reading.recorded_at, now=now),
            None if reading.actor == "member" else reading.reason,
        )
        for reading in readings
    ]
    return tuple(sorted([*steps, *shown], key=lambda step: step.at))
