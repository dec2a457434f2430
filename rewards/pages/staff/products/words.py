"""Products in words: how each stands, how its stock will last, what its fields are called."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from flask_babel import gettext, ngettext

from market.outlook import StockOutlook
from market.products import ProductDetails, ProductRow
from rewards.pages import words
from rewards.pages.frame import Frame

Status = Literal["on_sale", "sold_out", "planned", "off"]
STATUSES: tuple[Status, ...] = ("on_sale", "sold_out", "planned", "off")
SOON_DAYS = 7
"""Stock that runs out within so many days is shown as a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field in which what is stored now differs from what somebody has typed."""

    field: str
    stored: str
    typed: str


def status_of(product: ProductRow, *, now: datetime) -> Status:
    """How a product stands: `off` also where its dates are over."""
    details = product.details
    if not details.for_sale or (details.on_sale_until is not None and details.on_sale_until <= now):
        return "off"
    if details.on_sale_from is not None and details.on_sale_from > now:
        return "planned"
    return "sold_out" if product.left == 0 else "on_sale"


def status_names() -> Mapping[Status, str]:
    """What each status is called."""
    return {
        "on_sale": gettext("On sale"),
        "sold_out": gettext("Sold out"),
        "planned": gettext("Planned"),
        "off": gettext("Off sale"),
    }


def stock_names() -> list[tuple[str, str]]:
    """The kinds of stock, each with what it means."""
    return [
        ("codes", gettext("Codes, imported from CSV")),
        ("number", gettext("A number of pieces")),
        ("unlimited", gettext("Unlimited, staff type each code in")),
    ]


def period_names() -> list[tuple[str, str]]:
    """The periods of a limit; the first is none."""
    return [
        ("", gettext("No limit")),
        ("day", gettext("a day")),
        ("week", gettext("a week")),
        ("month", gettext("a month")),
        ("ever", gettext("for each member")),
    ]


def outlook_words(outlook: StockOutlook | None, *, today: date) -> str:
    """When the stock will run out at the present pace; empty where nothing foretells it."""
    if outlook is None or outlook.runs_out_on is None or outlook.left == 0:
        return ""
    ahead = (outlook.runs_out_on - today).days
    if ahead == 0:
        return gettext("runs out today")
    if ahead == 1:
        return gettext("runs out tomorrow")
    if ahead == 2:
        return gettext("runs out in two days")
    return ngettext("runs out in %(num)d day", "runs out in %(num)d days", ahead)


def runs_out_soon(outlook: StockOutlook | None, *, today: date) -> bool:
    """Whether staff should see to the stock now; what is sold out already is said as that."""
    if outlook is None or outlook.runs_out_on is None or outlook.left == 0:
        return False
    return (outlook.runs_out_on - today).days <= SOON_DAYS


def differences(stored: ProductDetails, typed: ProductDetails, *, frame: Frame) -> list[Difference]:
    """Field by field, what somebody else has stored and what was typed instead."""
    theirs, mine = _in_words(stored, frame=frame), _in_words(typed, frame=frame)
    return [
        Difference(field=field, stored=said, typed=mine[field]) for field, said in theirs.items() if said != mine[field]
    ]


def details_in_words(details: ProductDetails, *, frame: Frame) -> list[tuple[str, str]]:
    """Every field of a product that says something, for whoever may only look; the picture is seen on its card."""
    said = _in_words(replace(details, picture=None), frame=frame)
    return [(field, words_of_it) for field, words_of_it in said.items() if words_of_it]


def _in_words(details: ProductDetails, *, frame: Frame) -> dict[str, str]:
    return {
        gettext("Name in Korean"): details.name_ko,
        gettext("Name in English"): details.name_en,
        gettext("Description in Korean"): details.description_ko,
        gettext("Description in English"): details.description_en,
        gettext("Brand"): details.brand,
        gettext("Picture"): details.picture or "",
        gettext("Face value"): words.money(details.face_value, details.currency, locale=frame.locale),
        gettext("Price in points"): f"{words.number(details.price)}P",
        gettext("For sale"): _yes_or_no(details.for_sale),
        gettext("On sale from"): _moment(details.on_sale_from, frame=frame),
        gettext("On sale until"): _moment(details.on_sale_until, frame=frame),
        gettext("Limit for each member"): limit_in_words(details),
        gettext("A second person approves"): _yes_or_no(details.needs_approval),
        gettext("Place in the list"): str(details.position),
    }


def limit_in_words(details: ProductDetails) -> str:
    """How often a member may have it; empty for as often as they like."""
    limit = details.limit
    if limit is None:
        return ""
    times = limit.times
    return {
        "day": ngettext("one a day", "%(num)d a day", times),
        "week": ngettext("one a week", "%(num)d a week", times),
        "month": ngettext("one a month", "%(num)d a month", times),
        "ever": ngettext("one for each member", "%(num)d for each member", times),
    }[limit.period]


def step_words(action: str, *, detail: Mapping[str, Any]) -> str:
    """What somebody of the staff did with a product, as its history says it."""
    by, codes = detail.get("by", 0), detail.get("codes", 0)
    known = {
        "product.create": gettext("put on the list"),
        "product.change": gettext("changed"),
        "product.quantity": gettext("counted %(by)s", by=f"{'+' if by > 0 else ''}{words.number(by)}"),
        "codes.import": ngettext(
            "%(count)s code imported", "%(count)s codes imported", codes, count=words.number(codes)
        ),
    }
    return known.get(action, action)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 -- it is what is said
    return gettext("yes") if value else gettext("no")


def _moment(at: datetime | None, *, frame: Frame) -> str:
    return words.moment(at.astimezone(frame.timezone), frame.locale) if at else ""
