"""The market of the demo: staff fill it, members redeem, staff fulfil. All over the API, and harmless twice."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from rewards.demo.calls import Calls, Refused
from rewards.demo.desk import Desk
from rewards.demo.offers import OFFERS, PRIZES_WAITING, REASON, WISHES, Ending, Wish

NEXT_STEP: Mapping[tuple[str, Ending], str] = {
    ("awaiting_approval", "requested"): "approve",
    ("requested", "claimed"): "claim",
    ("requested", "fulfilled"): "claim",
    ("requested", "rejected"): "claim",
    ("claimed", "fulfilled"): "fulfil",
    ("claimed", "rejected"): "reject",
}
NOT_ENOUGH_POINTS = "/problems/not-enough-points"
QUEUE = "/v1/staff/redemptions"


def run_shop(
    *, forum: Calls, desk: Desk, member: Callable[[str], Calls], now: datetime, tell: Callable[[int], object]
) -> None:
    """Fill the market, let members redeem and staff work off part of the queue. `member` answers a member's calls."""
    _offer_products(desk.manager, now=now)
    best = _best_members(forum)
    for wish in WISHES:
        if wish.place <= len(best):
            with closing(member(best[wish.place - 1])) as caller:
                _grant(wish, desk=desk, member=caller)
        tell(1)
    _send_prizes(desk)


def steps_of_shop() -> int:
    """How often `run_shop` tells."""
    return len(WISHES)


def _offer_products(manager: Calls, *, now: datetime) -> None:
    known = {product["key"]: product for product in manager.get("/v1/staff/products")["items"]}
    for offer in OFFERS:
        product = known.get(offer.key)
        if product is None:
            content = offer.picture.read_bytes()
            picture = manager.post_picture("/v1/staff/pictures", content=content, media_type="image/webp")["picture"]
            document = offer.document_at(now) | {"picture": picture}
            product = manager.post("/v1/staff/products", document, key=f"demo:{offer.key}")
        if offer.codes and product["sold_out"]:
            manager.post_csv(f"/v1/staff/products/{product['id']}/codes", offer.lines_at(now.date()))


def _best_members(forum: Calls) -> list[str]:
    page = forum.get("/v1/leaderboards/all-time?limit=20")
    return [line["member"]["id"] for line in page["items"]]


def _grant(wish: Wish, *, desk: Desk, member: Calls) -> None:
    try:
        redemption = member.post("/v1/market/redemptions", {"product": wish.product}, key=f"demo:{wish.product}")
    except Refused as refused:
        if refused.document.get("type") == NOT_ENOUGH_POINTS:
            return  # they dream on
        raise
    redemption_id = redemption["id"]
    if wish.ending == "cancelled":
        member.post(f"/v1/market/redemptions/{redemption_id}/cancel", key=f"demo:cancel:{redemption_id}")
    else:
        _bring_to(wish.ending, redemption_id, desk=desk, code=wish.code)


def _bring_to(ending: Ending, redemption_id: str, *, desk: Desk, code: str | None = None) -> None:
    """Step by step; the manager approves, and the fulfiller does the rest, since it takes two."""
    bodies = {"fulfil": {"code": code}, "reject": {"reason": REASON}}
    state = desk.fulfiller.get(f"{QUEUE}/{redemption_id}")["state"]
    while state != ending:
        step = NEXT_STEP[state, ending]
        staff = desk.manager if step == "approve" else desk.fulfiller
        answer = staff.post(f"{QUEUE}/{redemption_id}/{step}", bodies.get(step), key=f"demo:{step}:{redemption_id}")
        state = answer["state"]


def _send_prizes(desk: Desk) -> None:
    waiting = [redemption["id"] for redemption in _prizes(desk.fulfiller)]
    for redemption_id in waiting[: max(0, len(waiting) - PRIZES_WAITING)]:
        digits = redemption_id.replace("-", "")[-12:].upper()
        code = f"PRIZE-{digits[:4]}-{digits[4:8]}-{digits[8:]}"
        _bring_to("fulfilled", redemption_id, desk=desk, code=code)


def _prizes(staff: Calls) -> Iterator[dict[str, Any]]:
    """Prizes in the queue, oldest first."""
    cursor = ""
    while True:
        page = staff.get(f"{QUEUE}?origin=prize&limit=100{cursor}")
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
