"""What the market refused, in words: what happened, that nothing was lost, what to do."""

from flask_babel import gettext

from ledger.errors import NotEnoughPoints
from market.errors import LimitReached, NotForSale, OwesPoints, RedemptionIdTaken, SoldOut
from rewards.errors import MemberSuspended
from rewards.exchange import PriceChanged
from rewards.pages.words import number

Refused = (
    NotEnoughPoints
    | LimitReached
    | NotForSale
    | OwesPoints
    | RedemptionIdTaken
    | SoldOut
    | MemberSuspended
    | PriceChanged
)
REFUSED = (
    NotEnoughPoints,
    LimitReached,
    NotForSale,
    OwesPoints,
    RedemptionIdTaken,
    SoldOut,
    MemberSuspended,
    PriceChanged,
)


def in_words(refused: Refused) -> str:
    """The refusal as the page says it, in the reader's language."""
    match refused:
        case SoldOut():
            said = gettext("Somebody was faster: it is sold out now. You keep every point.")
        case NotEnoughPoints():
            missing = number(refused.needed - refused.available)
            said = gettext("%(missing)sP are missing. You keep every point.", missing=missing)
        case LimitReached():
            said = gettext("You have had as many of it as one may. You keep every point.")
        case OwesPoints():
            owed = number(refused.owed)
            said = gettext("You owe %(owed)sP. The market opens again once they are earned.", owed=owed)
        case MemberSuspended():
            said = gettext("Your account is suspended, so nothing can be exchanged now. You keep every point.")
        case PriceChanged():
            price = number(refused.price)
            said = gettext("The price has changed to %(price)sP meanwhile. Nothing was exchanged.", price=price)
        case RedemptionIdTaken():
            said = gettext("This page was used for something else before. Nothing was exchanged; press again.")
        case NotForSale():
            said = gettext("It is not on sale now. You keep every point.")
    return said
