"""How the audit says what was done, by whom, and with which facts."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from rewards.pages import words
from rewards.pages.staff.queue.words import actor_name

NOBODY, OPERATOR = "nobody", "operator"


def deeds() -> dict[str, str]:
    """What can be done, in the page's language, in the order in which one may choose it."""
    return _deeds_with_members() | _deeds_in_the_market() | _deeds_of_access()


def _deeds_with_members() -> dict[str, str]:
    return {
        "points.adjust": gettext("Points corrected"),
        "points.ask": gettext("Adjustment asked for"),
        "points.approve": gettext("Adjustment approved"),
        "points.refuse": gettext("Adjustment refused"),
        "points.withdraw": gettext("Adjustment withdrawn"),
        "points.reverse": gettext("Award taken back"),
        "points.restore": gettext("Award given again"),
        "member.suspend": gettext("Member suspended"),
        "member.readmit": gettext("Member readmitted"),
        "member.hide": gettext("Member hidden or shown"),
        "member.sign_out": gettext("Member signed out everywhere"),
        "member.erase": gettext("Member erased"),
        "member.merge": gettext("Member merged into another"),
        "season.disqualify": gettext("Member disqualified"),
        "season.accept": gettext("Season accepted"),
    }


def _deeds_in_the_market() -> dict[str, str]:
    return {
        "product.create": gettext("Product made"),
        "product.change": gettext("Product changed"),
        "product.quantity": gettext("Stock counted anew"),
        "codes.import": gettext("Codes brought in"),
        "picture.add": gettext("Picture added"),
        "prize.pass-on": gettext("Prize passed on"),
    }


def _deeds_of_access() -> dict[str, str]:
    return {
        "staff.sign-in": gettext("Signed in"),
        "staff.sign-out": gettext("Signed out"),
        "staff.sign-in-slowed": gettext("Sign-in slowed after failures"),
        "staff.end-sign-in": gettext("Sign-in ended"),
        "staff.end-other-sign-ins": gettext("Other sign-ins ended"),
        "staff.create": gettext("Account made"),
        "staff.password": gettext("Password replaced"),
        "staff.role": gettext("Role changed"),
        "staff.disable": gettext("Account closed"),
        "key.create": gettext("Key made"),
        "key.revoke": gettext("Key revoked"),
        "policy.apply": gettext("Policy put in force"),
        "webhook.create": gettext("Webhook made"),
        "webhook.change": gettext("Webhook changed"),
        "webhook.rotate": gettext("Webhook's secret replaced"),
        "webhook.delete": gettext("Webhook deleted"),
        "webhook.test": gettext("Webhook tried"),
        "webhook.resend": gettext("Messages sent again"),
    }


def deed(action: str, *, detail: Mapping[str, Any]) -> str:
    """What was done."""
    if action == "member.hide" and "hidden" in detail:
        return gettext("Member hidden") if detail["hidden"] else gettext("Member shown again")
    return deeds().get(action, action)


def doer(actor: str) -> str:
    """Who did it."""
    if actor == NOBODY:
        return gettext("somebody unknown")
    return gettext("the operator") if actor == OPERATOR else actor_name(actor)


def facts(detail: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the audit keeps beside it, each with its word."""
    named = _fact_names()
    return tuple((named.get(name, name), _fact(value)) for name, value in detail.items())


def _fact_names() -> dict[str, str]:
    return {
        "points": gettext("points"),
        "seq": gettext("entry"),
        "reverses": gettext("entry taken back"),
        "restores": gettext("entry taken back"),
        "adjustment": gettext("adjustment"),
        "ground": gettext("ground"),
        "hidden": gettext("hidden"),
        "key": gettext("key"),
        "version": gettext("version"),
        "by": gettext("by"),
        "codes": gettext("codes"),
        "address": gettext("address"),
        "role": gettext("role"),
        "scopes": gettext("rights"),
        "name": gettext("name"),
        "ended": gettext("ended"),
        "sign_in": gettext("sign-in"),
    }


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int):
        return words.number(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
