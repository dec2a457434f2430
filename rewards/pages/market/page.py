"""The addresses: what is on offer, one offer to be confirmed, and the member's own redemptions."""

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext
from marshmallow import fields
from uuid_utils.compat import uuid7
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from market.products import find_product_by_key
from rewards import exchange
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.http.terms import request_today
from rewards.pages.forms import Form, go_on, read_form, say
from rewards.pages.market import own_page
from rewards.pages.market.offers import offer_of, offers_in_order, purse_of, read_market, under_way
from rewards.pages.market.refusals import REFUSED, in_words
from rewards.pages.market.view import MarketView, OfferView
from rewards.pages.market.waiting import typical_wait
from rewards.pages.member_pages import add_member_form, add_member_page, signed_in
from rewards.pages.reader import present_reader
from rewards.pages.words import number

PAGE_OFFERS = 36
MARKET = "page market"


class RedeemForm(Form):
    """What the confirmation page sends: the redemption that it is to become, and the price that it showed."""

    redemption_id = fields.UUID(required=True)
    price = fields.Integer(required=True)


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/market", "market", market)
    own_page.add_to(pages)
    add_member_page(pages, "/market/<key>", view=offer)
    add_member_form(pages, "/market/<key>", view=redeem)


def market() -> str:
    """What can I have now?"""
    return render_template("pages/market.html", view=_market(cursor=request.args.get("cursor"), refusal=None))


def offer(key: str) -> str:
    """One product, to be confirmed. Raises NotFound for one that is not for sale at all."""
    view = _offer(key, refusal=None)
    if view.offer.standing == "withdrawn":
        raise NotFound
    return render_template("pages/market_offer.html", view=view)


def redeem(key: str) -> AnyResponse:
    """Exchange points for it, once for each confirmation page."""
    filled = read_form(RedeemForm())
    if filled.errors:
        return _refused(key, gettext("The page was incomplete, so nothing was exchanged. Press again."), status=422)
    try:
        redeemed = _redeem(key, redemption_id=filled.values["redemption_id"], price_shown=filled.values["price"])
    except REFUSED as refused:
        return _refused(key, in_words(refused), status=409)
    if redeemed.repeated:
        say(gettext("You had requested this already; nothing was exchanged again."))
    else:
        points = number(redeemed.redemption.points)
        say(gettext("Requested. %(points)sP are set aside until the gift card arrives.", points=points))
    return go_on(url_for("pages.redemption", redemption_id=redeemed.redemption.redemption_id))


def _redeem(key: str, *, redemption_id: UUID, price_shown: int) -> exchange.Redeemed:
    with request_transaction() as session:
        return exchange.redeem(
            session,
            redemption_id=redemption_id,
            member_id=signed_in().member_id,
            product=key,
            periods=exchange.periods_on(request_today(), calendar=here().calendar),
            actor="member",
            now=request_now(),
            price_shown=price_shown,
        )


def _refused(key: str, refusal: str, *, status: int) -> AnyResponse:
    """The page again, saying why not; the whole market where the product is no longer to be seen."""
    view: Any = _offer(key, refusal=refusal)
    if view.offer.standing == "withdrawn":
        return make_response(render_template("pages/market.html", view=_market(cursor=None, refusal=refusal)), status)
    return make_response(render_template("pages/market_offer.html", view=view), status)


def _market(*, cursor: str | None, refusal: str | None) -> MarketView:
    after = place_after(cursor, of=MARKET)
    reader = present_reader()
    with request_snapshot() as session:
        reading = read_market(session)
        ordered = [offered for offered in offers_in_order(reading) if after is None or offered[0] > tuple(after)]
        shown = ordered[:PAGE_OFFERS]
        return MarketView(
            offers=tuple(offer_of(reading, product, whole=False) for _, product, _ in shown),
            purse=reading.purse,
            waiting=under_way(session, reader.account_id) if reader else 0,
            refusal=refusal,
            first_page=cursor is None,
            next_cursor=cursor_for(list(shown[-1][0]) if len(ordered) > PAGE_OFFERS else None, of=MARKET),
        )


def _offer(key: str, *, refusal: str | None) -> OfferView:
    with request_snapshot() as session:
        reading = read_market(session)
        product = find_product_by_key(session, key, today=reading.frame.today)
        return OfferView(
            offer=offer_of(reading, product),
            purse=reading.purse or purse_of(session, signed_in().member_id),
            redemption_id=uuid7(),
            wait=typical_wait(session),
            refusal=refusal,
        )
