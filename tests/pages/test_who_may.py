"""Who of the staff may do what under /staff: each endpoint by each role, by real requests, against a literal table."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from rewards.http.auth import STAFF_COOKIE
from rewards.pages.forms import proof_of
from rewards.pages.staff.desk import Desk
from tests.support.http import Caller, Forum
from tests.support.village import READER, WEEK
from tests.support.village_life import STAFF, staff_token
from tests.support.world import World

ANYBODY, ALL, FULFILLING, MANAGING = "anybody", {"mina", "jun", "sora"}, {"mina", "jun"}, {"mina"}
NOBODY = "00000000-0000-0000-0000-000000000000"
MAY: dict[str, Any] = {
    "sign_in": ANYBODY,
    "come_in": ANYBODY,
    "sign_out": ALL,
    "front": ALL,
    "sessions": ALL,
    "end_one": ALL,
    "end_others": ALL,
    "webhooks": MANAGING,
    "add_webhook": MANAGING,
    "webhook": MANAGING,
    "try_webhook": MANAGING,
    "rotate_webhook": MANAGING,
    "switch_webhook": MANAGING,
    "delete_webhook": MANAGING,
    "resend_failed": MANAGING,
    "resend_message": MANAGING,
    "queue": ALL,
    "queue_csv": ALL,
    "queue_next": FULFILLING,
    "queue_claim": FULFILLING,
    "queue_release": FULFILLING,
    "queue_approve": MANAGING,
    "queue_fulfil": FULFILLING,
    "queue_typed": FULFILLING,
    "queue_reject": FULFILLING,
    "queue_pass_on": MANAGING,
    "queue_code": FULFILLING,
    "queue_bulk": FULFILLING,
    "products": ALL,
    "product": ALL,
    "new_product": MANAGING,
    "add_product": MANAGING,
    "save_product": MANAGING,
    "count_stock": MANAGING,
    "codes": ALL,
    "import_lines": MANAGING,
    "members": ALL,
    "member": ALL,
    "adjustment": MANAGING,
    "check_adjustment": MANAGING,
    "do_adjustment": MANAGING,
    "reversal": MANAGING,
    "do_reversal": MANAGING,
    "restoration": MANAGING,
    "do_restoration": MANAGING,
    "merging": MANAGING,
    "check_merge": MANAGING,
    "do_merge": MANAGING,
    "suspension": MANAGING,
    "do_suspension": MANAGING,
    "readmit": MANAGING,
    "hide": MANAGING,
    "erasure": MANAGING,
    "do_erasure": MANAGING,
    "adjustments": ALL,
    "adjustment_asked": ALL,
    "approve_adjustment": MANAGING,
    "refuse_adjustment": MANAGING,
    "withdraw_adjustment": MANAGING,
    "seasons": ALL,
    "season": ALL,
    "disqualification": MANAGING,
    "do_disqualify": MANAGING,
    "acceptance": MANAGING,
    "do_accept": MANAGING,
    "audit": MANAGING,
}
"""By endpoint: who may, of mina (manager), jun (fulfiller) and sora (viewer)."""
REFUSED = 403


def desk_of(app: Flask) -> Desk:
    """The staff's blueprint."""
    desk = app.blueprints["staff"]
    assert isinstance(desk, Desk)
    return desk


def rules_of(app: Flask) -> dict[str, Rule]:
    """The addresses under /staff by their endpoint."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("staff.")]
    return {rule.endpoint.removeprefix("staff."): rule for rule in rules}


def path_of(rule: Rule, world: World) -> str:
    """An address of something that is there."""
    known = {
        "redemption_id": "select redemption_id as it from redemption where state = 'requested' order by 1 limit 1",
        # One of the addresses deletes it: then it is nobody's.
        "webhook_id": f"select coalesce((select max(endpoint_id::text) from webhook_endpoint), '{NOBODY}') as it",
        "message_id": f"select coalesce((select max(message_id::text) from webhook_delivery), '{NOBODY}') as it",
        "adjustment_id": "select adjustment_id as it from adjustment where state = 'waiting'",
        "product_id": "select product_id as it from product where key = 'coffee-3000'",
    }
    given = {name: str(world.rows(query)[0].it) for name, query in known.items() if name in rule.arguments}
    given |= {name: value for name, value in {"season": str(WEEK), "session_id": "x"}.items() if name in rule.arguments}
    assert given.keys() == rule.arguments
    path = re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda found: given[found[1]], rule.rule)
    return f"{path}?id={READER}&seq=1"


def ask(caller: Caller, rule: Rule, *, path: str, proof: str = "") -> int:
    """The status of the answer to an empty form, or to a page that is asked for."""
    headers = {"Accept": "text/html"}
    if "POST" in (rule.methods or ()):
        return caller.post(path, data={"csrf": proof}, headers=headers).status_code
    return caller.get(path, headers=headers).status_code


def at_the_desk(forum: Forum, name: str) -> tuple[Caller, str]:
    """Somebody of the staff at a browser, and the proof that their forms carry."""
    caller = forum.anybody()
    caller.client.set_cookie(STAFF_COOKIE, staff_token(name))
    with forum.app.app_context():
        return caller, proof_of(staff_token(name))


def test_the_table_names_every_endpoint(app: Flask, lively: World) -> None:
    assert MAY.keys() == rules_of(app).keys()


def test_every_endpoint_asks_who_it_is_but_the_sign_in(app: Flask, lively: World) -> None:
    assert desk_of(app).rights.keys() == {endpoint for endpoint, who in MAY.items() if who != ANYBODY}


@pytest.mark.parametrize("name", [name for name, _ in STAFF])
def test_each_role_may_what_the_table_says_and_nothing_else(app: Flask, forum: Forum, lively: World, name: str) -> None:
    allowed: dict[str, bool] = {}
    # What ends the sign-in comes last.
    for endpoint, rule in sorted(rules_of(app).items(), key=lambda one: one[0] == "sign_out"):
        if MAY[endpoint] != ANYBODY:
            caller, proof = at_the_desk(forum, name)
            allowed[endpoint] = ask(caller, rule, path=path_of(rule, lively), proof=proof) != REFUSED

    assert allowed == {endpoint: name in who for endpoint, who in MAY.items() if who != ANYBODY}


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_nothing_happens(
    app: Flask, forum: Forum, lively: World
) -> None:
    audit = "select count(*) as it from audit"
    before = lively.rows(audit)[0].it
    led: set[str] = set()
    for endpoint, rule in rules_of(app).items():
        path = path_of(rule, lively)
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = forum.anybody().ask(method, path, headers={"Accept": "text/html"})
        if answer.status_code == 303 and answer.headers["Location"].startswith("/staff/sign-in?"):
            led.add(endpoint)

    assert led == {endpoint for endpoint, who in MAY.items() if who != ANYBODY}
    assert lively.rows(audit)[0].it == before


@pytest.mark.parametrize("name", [name for name, _ in STAFF])
def test_no_form_is_taken_without_its_proof(app: Flask, forum: Forum, lively: World, name: str) -> None:
    taken: list[str] = []
    for endpoint, rule in rules_of(app).items():
        if "POST" in (rule.methods or ()) and MAY[endpoint] != ANYBODY and name in MAY[endpoint]:
            caller, _ = at_the_desk(forum, name)
            path = path_of(rule, lively)
            answer = caller.post(path, data={"csrf": "0" * 64}, headers={"Accept": "text/html"})
            if answer.status_code != REFUSED:
                taken.append(endpoint)

    assert taken == []
