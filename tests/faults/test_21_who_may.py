"""Every call × everybody: the table of who may do what, cell by cell. A call without its row fails."""

from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.routing import Rule

from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, event

COLUMNS = (
    "nobody",
    "key of another scope",
    "expired key",
    "expired token",
    "other member",
    "own member",
    "viewer",
    "fulfiller",
    "manager",
    "right key",
)
# I: let in. U: 401, nobody is signed in. F: 403, not allowed.
TABLE: Mapping[str, tuple[str, str]] = {
    "POST /v1/events": ("events:write", "UFUUFFFFFI"),
    "GET /v1/events": ("events:write", "UFUUFFFFFI"),
    "POST /v1/events/batch": ("events:write", "UFUUFFFFFI"),
    "GET /v1/members": ("members:read", "UFUUFIFFFI"),
    "GET /v1/members/{member_id}": ("members:read", "UFUUFIFFFI"),
    "PUT /v1/members/{member_id}": ("members:write", "UFUUFIFFFI"),
    "DELETE /v1/members/{member_id}": ("members:write", "UFUUFFFFFI"),
    "DELETE /v1/members/{member_id}/sessions": ("members:write", "UFUUFFFFFI"),
    "POST /v1/members/{member_id}/suspend": ("members:write", "UFUUFFFFFI"),
    "GET /v1/members/{member_id}/balance": ("members:read", "UFUUFIFFFI"),
    "GET /v1/members/{member_id}/lapsing": ("members:read", "UFUUFIFFFI"),
    "GET /v1/members/{member_id}/entries": ("members:read", "UFUUFIFFFI"),
    "GET /v1/members/{member_id}/attendance": ("members:read", "UFUUFIFFFI"),
    "POST /v1/attendance": ("attendance:write", "UFUUFIFFFI"),
    "GET /v1/attendance/{day}": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/leaderboards/{name}": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/leaderboards/{name}/members/{member_id}": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/seasons": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/seasons/current": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/seasons/{season}": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/seasons/{season}/standings": ("rankings:read", "UFUUIIFFFI"),
    "GET /v1/ledger/heads": ("", "IIIIIIIIII"),
    "GET /v1/members/{member_id}/proof": ("members:read", "UFUUFIFFFI"),
    "GET /v1/market/products": ("market:read", "UFUUIIFFFI"),
    "POST /v1/market/redemptions": ("market:write", "UFUUFIFFFI"),
    "GET /v1/market/redemptions": ("market:read", "UFUUFIFFFI"),
    "GET /v1/market/redemptions/{redemption_id}": ("market:read", "UFUUIIFFFI"),
    "POST /v1/market/redemptions/{redemption_id}/cancel": ("market:write", "UFUUIIFFFI"),
    "GET /v1/market/redemptions/{redemption_id}/code": ("market:write", "UFUUFIFFFI"),
    "POST /v1/staff/sessions": ("", "IIIIIIIIII"),
    "GET /v1/staff/sessions": ("staff:view", "UFUUFFIIII"),
    "DELETE /v1/staff/sessions/current": ("staff:view", "UFUUFFIIII"),
    "DELETE /v1/staff/sessions/{session_id}": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/redemptions": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/redemptions.csv": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/redemptions/{redemption_id}": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/redemptions/{redemption_id}/claim": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/{redemption_id}/unclaim": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/{redemption_id}/fulfil": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/{redemption_id}/reject": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/{redemption_id}/code": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/fulfil": ("staff:fulfil", "UFUUFFFIII"),
    "POST /v1/staff/redemptions/{redemption_id}/approve": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/redemptions/{redemption_id}/pass-on": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/products": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/products": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/products/{product_id}": ("staff:view", "UFUUFFIIII"),
    "PUT /v1/staff/products/{product_id}": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/products/{product_id}/quantity": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/products/{product_id}/codes": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/pictures": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/adjustments": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/adjustments": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/adjustments/{adjustment_id}": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/adjustments/{adjustment_id}/approve": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/adjustments/{adjustment_id}/refuse": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/adjustments/{adjustment_id}/withdraw": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/reversals": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/restores": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/members": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/members/{member_id}": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/members/{member_id}/hide": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/members/{member_id}/merge": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/members/{member_id}/suspend": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/seasons/{season}/disqualify": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/seasons/{season}/accept": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/seasons/{season}/late-reversals": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/late-reversals": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/api-keys": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/api-keys": ("staff:manage", "UFUUFFFFII"),
    "DELETE /v1/staff/api-keys/{key_id}": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/audit": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/policy": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/policy/versions": ("staff:view", "UFUUFFIIII"),
    "GET /v1/staff/policy/versions/{version}": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/policy/check": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/policy/diff": ("staff:view", "UFUUFFIIII"),
    "POST /v1/staff/policy": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/webhooks": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/webhooks": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/webhooks/{webhook_id}": ("staff:manage", "UFUUFFFFII"),
    "PUT /v1/staff/webhooks/{webhook_id}": ("staff:manage", "UFUUFFFFII"),
    "DELETE /v1/staff/webhooks/{webhook_id}": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/webhooks/{webhook_id}/rotate": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/webhooks/{webhook_id}/test": ("staff:manage", "UFUUFFFFII"),
    "GET /v1/staff/webhooks/{webhook_id}/deliveries": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/staff/webhooks/{webhook_id}/resend": ("staff:manage", "UFUUFFFFII"),
    "POST /v1/integrations/discourse/webhook": ("", "UUUUUUUUUU"),  # nobody but who signs with the shared secret
    "GET /healthz": ("", "IIIIIIIIII"),
    "GET /readyz": ("", "IIIIIIIIII"),
    "GET /metrics": ("", "IIIIIIIIII"),
    "GET /openapi.json": ("", "IIIIIIIIII"),
    "GET /docs": ("", "IIIIIIIIII"),
}
NAMES_THE_MEMBER = {
    "POST /v1/attendance",
    "POST /v1/market/redemptions",
    "GET /v1/market/redemptions",
    "GET /v1/market/redemptions/{redemption_id}/code",
}
"""Calls in which a member is named beside the path; a member's token may name its own member only."""
NOBODY = "00000000-0000-0000-0000-000000000000"
VALUES = {
    "member_id": "minji",
    "day": "2026-03-04",
    "season": "2026-03-02",
    "name": "season",
    "redemption_id": NOBODY,
    "product_id": NOBODY,
    "adjustment_id": NOBODY,
    "key_id": NOBODY,
    "webhook_id": NOBODY,
    "version": 1,
    "session_id": "0123456789abcdef",
}
BODIES = {"POST /v1/market/redemptions": {"product": "coffee"}}
ENDS_ITSELF = ("DELETE /v1/staff/sessions/current", "DELETE /v1/members/{member_id}")


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    forum.key().post("/v1/events", json=event())
    return forum


def everybody(forum: Forum, clock: SettableClock) -> Mapping[str, Callable[[str], Caller]]:
    """Whoever a column is, for a call that needs a scope."""
    expired_key = forum.key(expires_at=clock.now)
    roles = {role: forum.staff(role) for role in ("viewer", "fulfiller", "manager")}
    unrelated = {scope: forum.key(scope) for scope in ("members:read", "rankings:read")}
    rights: dict[str, Caller] = {}
    return {
        "nobody": lambda _: forum.anybody(),
        "key of another scope": lambda scope: unrelated["rankings:read" if scope == "members:read" else "members:read"],
        "expired key": lambda _: expired_key,
        "expired token": lambda _: forum.member("minji", exp=int(clock.now.timestamp())),
        "other member": lambda _: forum.member("other"),
        "own member": lambda _: forum.member("minji"),
        **{role: lambda _, role=role: roles[role] for role in roles},
        "right key": lambda scope: rights.setdefault(scope, forum.key(scope) if scope else forum.anybody()),
    }


def call_of(rule: Rule, method: str) -> str:
    """A call as the table names it."""
    path = rule.rule
    for name in rule.arguments:
        before, _, rest = path.partition("<")
        path = f"{before}{{{rest.partition('>')[0].rpartition(':')[2]}}}{rest.partition('>')[2]}"
        assert name
    return f"{method} {path}"


def test_every_call_has_its_row_and_every_row_its_call(app: Flask) -> None:
    served = {
        call_of(rule, method)
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith(("pages.", "staff."))  # the pages have a table of their own
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert served == TABLE.keys()


@pytest.mark.parametrize("number", range(len(COLUMNS)), ids=COLUMNS)
def test_who_may_do_what(forum: Forum, clock: SettableClock, number: int) -> None:
    column = COLUMNS[number]
    who = everybody(forum, clock)[column]

    # Calls that end whoever calls, or whom they are about, come last.
    found = {call: cell_of(who(TABLE[call][0]), call) for call in sorted(TABLE, key=lambda call: call in ENDS_ITSELF)}

    assert found == {call: cells[number] for call, (_, cells) in TABLE.items()}


def cell_of(caller: Caller, call: str) -> str:
    """What the caller of a call got: I, U or F."""
    method, _, path = call.partition(" ")
    named = {"member_id": "minji"} if call in NAMES_THE_MEMBER else {}
    query = {"id": "minji"} if call == "GET /v1/members" else named if method == "GET" else {}
    body = {"json": named | BODIES.get(call, {})} if method in ("POST", "PUT") else {}
    response = getattr(caller, method.lower())(path.format(**VALUES), query_string=query, **body)
    assert response.status_code < 500, (call, response.get_data(as_text=True))
    kind = (response.get_json(silent=True) or {}).get("type") if response.is_json else None
    if call == "POST /v1/staff/sessions":
        return "I"  # its own 401 would be about the password
    if kind == "/problems/not-signed-in":
        return "U"
    return "F" if kind in ("/problems/scope-missing", "/problems/not-yours") else "I"
