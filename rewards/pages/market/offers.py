"""Products as a reader finds them: what each costs, whether it can be had now, and what is missing if not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.limits import Periods
from market.products import ProductDetails, ProductRow, all_products
from market.states import OPEN
from rewards.exchange import Had, had_by, period_ends, periods_on
from rewards.http.surroundings import here, request_now
from rewards.members.accounts import OF_MEMBER
from rewards.members.profile import read_profile
from rewards.pages import words
from rewards.pages.avatars import hue_of, initial, picture_of
from rewards.pages.frame import Frame, present_frame
from rewards.pages.market.standing import ORDER, Order, Purse, Standing, missing_for, order_of, standing_of
from rewards.pages.market.times import to_the_minute, until
from rewards.pages.market.view import Card, LimitShown, Offer
from rewards.pages.ranking.comments import comment_worth
from rewards.pages.ranking.next_place import DAYS_MAX, CommentWorth, comments_for
from rewards.pages.ranking.weeks import policy_or_none
from rewards.ranking.seasons import Calendar

DESCRIPTION_MAX = 90
"""Signs of a description on a card; the whole stands on the product's own page."""

_UNDER_WAY = text(f"select count(*) from redemption where {OF_MEMBER} and state = any(cast(:states as text[]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where, when and by whom the market is read. Without a purse: by a visitor."""

    session: Session
    frame: Frame
    calendar: Calendar
    periods: Periods
    purse: Purse | None
    had: Mapping[UUID, Had]
    worth: CommentWorth | None
    now: datetime


def read_market(session: Session) -> Reading:
    """Whatever the offers depend on, read once."""
    frame, now, calendar = present_frame(), request_now(), here().calendar
    periods = periods_on(frame.today, calendar=calendar)
    reader = frame.reader
    return Reading(
        session=session,
        frame=frame,
        calendar=calendar,
        periods=periods,
        purse=purse_of(session, reader.member_id) if reader else None,
        had=had_by(session, reader.account_id, periods=periods) if reader else {},
        worth=_worth(session, reader.account_id, today=frame.today, now=now) if reader else None,
        now=now,
    )


def purse_of(session: Session, member_id: str) -> Purse:
    """What the member has to exchange."""
    profile = read_profile(session, member_id)
    return Purse(balance=profile.balance, held=profile.held, suspended=profile.suspended_at is not None)


def under_way(session: Session, account_id: UUID) -> int:
    """How many of a member's redemptions are on their way."""
    return session.execute(_UNDER_WAY, {"account_id": account_id, "states": list(OPEN)}).scalar_one()


def offers_in_order(reading: Reading) -> list[tuple[Order, ProductRow, Standing]]:
    """What is on sale now or soon, what can be had now first; with its place in that order."""
    found: list[tuple[Order, ProductRow, Standing]] = []
    for product in all_products(reading.session, today=reading.frame.today):
        standing = _standing(reading, product)
        if ORDER[standing] < ORDER["ended"]:
            found.append((order_of(product, standing=standing), product, standing))
    return sorted(found, key=lambda offered: offered[0])


def offer_of(reading: Reading, product: ProductRow, *, whole: bool = True) -> Offer:
    """A product as the reader finds it; unless `whole`, with only the beginning of its description."""
    details, standing, locale = product.details, _standing(reading, product), reading.frame.locale
    description = _in(locale, ko=details.description_ko, en=details.description_en)
    missing = missing_for(product, purse=reading.purse) if reading.purse else 0
    return Offer(
        product_id=product.product_id,
        key=product.key,
        name=_in(locale, ko=details.name_ko, en=details.name_en),
        description=description if whole else _beginning(description),
        brand=details.brand,
        value=words.money(details.face_value, details.currency, locale=locale),
        card=card_of(brand=details.brand, name=details.name_ko, picture=details.picture),
        price=details.price,
        left=None if product.left == "unlimited" else product.left,
        begins=to_the_minute(details.on_sale_from, frame=reading.frame) if details.on_sale_from else None,
        ends=until(details.on_sale_until, frame=reading.frame) if details.on_sale_until else None,
        limit=_limit(reading, product),
        needs_approval=details.needs_approval,
        standing=standing,
        missing=missing,
        comments=_comments(reading, details, missing=missing) if standing == "lacking" else None,
    )


def card_of(*, brand: str, name: str, picture: str | None) -> Card:
    """How a product looks: brands keep their tint."""
    return Card(letter=initial(brand or name), tint=hue_of(brand or name), picture=picture_of(picture))


def _standing(reading: Reading, product: ProductRow) -> Standing:
    had = reading.had.get(product.product_id, Had())
    return standing_of(product, purse=reading.purse, had=had, now=reading.now)


def _worth(session: Session, account_id: UUID, *, today: date, now: datetime) -> CommentWorth | None:
    policy = policy_or_none(session, now=now)
    return comment_worth(session, policy=policy, account_id=account_id, day=today, now=now)


def _comments(reading: Reading, details: ProductDetails, *, missing: int) -> int | None:
    """How many comments bring what is missing within a week, and before the product goes off sale."""
    if details.on_sale_until is None:
        return comments_for(missing, worth=reading.worth, seconds_left=None, days_left=DAYS_MAX)
    seconds_left = int((details.on_sale_until - reading.now).total_seconds())
    last_day = reading.calendar.day_of(details.on_sale_until - timedelta(seconds=1))
    # Of the last day only a part may be left: it isn't counted on.
    days_left = max((last_day - reading.frame.today).days - 1, 0)
    return comments_for(missing, worth=reading.worth, seconds_left=seconds_left, days_left=days_left)


def _limit(reading: Reading, product: ProductRow) -> LimitShown | None:
    limit = product.details.limit
    if limit is None:
        return None
    frame = reading.frame
    opens_on = period_ends(limit.period, today=frame.today, calendar=reading.calendar)
    return LimitShown(
        times=limit.times,
        period=limit.period,
        used=reading.had.get(product.product_id, Had()).within(limit.period) if reading.purse else None,
        opens_on=words.day(opens_on, frame.locale, today=frame.today) if opens_on else None,
    )


def _in(locale: str, *, ko: str, en: str) -> str:
    return (ko or en) if locale == "ko" else (en or ko)


def _beginning(description: str) -> str:
    line = " ".join(description.split())
    return line if len(line) <= DESCRIPTION_MAX else f"{line[:DESCRIPTION_MAX].rstrip()}…"
