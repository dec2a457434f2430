"""The audit in words: every action that the code writes has its own, in both languages."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.access.audit import note
from rewards.pages.staff.audit.words import deed, deeds, doer, facts
from rewards.runtime.database import transaction
from tests.pages.staff.access.signing_in import browser_at
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum
from tests.support.village import READER
from tests.support.world import World

ROOT = Path(__file__).resolve().parents[4] / "rewards"
WRITERS = ("note", "_note", "note_product")
ACTION = re.compile(r"[a-z]+\.[a-z_-]+")
COOKIE = "rewards_staff"


def written_actions() -> Iterator[str]:
    """Every action that some function hands to the audit, directly, in a variable of that name or from ACTIONS."""
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text())
        tables = [node for node in tree.body if isinstance(node, ast.Assign) and assigns(node, "ACTIONS")]
        yield from actions_in(tables)
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            calls = [call for call in ast.walk(function) if isinstance(call, ast.Call)]
            noting = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in WRITERS]
            named = [node for node in ast.walk(function) if isinstance(node, ast.Assign)] if noting else []
            chosen = [node for node in named if assigns(node, "action")]
            yield from actions_in((*noting, *chosen))


def assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def actions_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.fullmatch(part.value):
                yield part.value


def as_browser(forum: Forum, caller: Caller, language: str = "ko") -> Caller:
    """The caller's sign-in, in a browser."""
    client = browser_at(forum)
    client.set_cookie(COOKIE, caller.headers["Authorization"].removeprefix("Bearer "))
    return Caller(client, {"Accept": "text/html", "Accept-Language": language})


def audit(forum: Forum, query: str = "", language: str = "ko") -> str:
    response = as_browser(forum, forum.staff("manager", name=None), language).get(f"/staff/audit{query}")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def write(
    engine: Engine, clock: SettableClock, *actions: str, actor: str = "staff:mina", about: str = "staff:x"
) -> None:
    with transaction(engine) as session:
        for action in actions:
            note(session, actor=actor, action=action, about=about, detail={}, now=clock.now)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_action_that_the_code_writes_has_its_words(app: Flask, language: str) -> None:
    written = set(written_actions())

    with app.test_request_context(headers={"Accept-Language": language}):
        worded = {action: deed(action, detail={}) for action in written}

    assert len(written) > 20
    assert {action for action, words in worded.items() if words == action} == set()
    assert len(set(worded.values())) == len(worded)
    if language == "ko":
        assert [words for words in worded.values() if words.isascii()] == []


def test_no_words_are_kept_for_what_nobody_writes(app: Flask) -> None:
    with app.test_request_context():
        assert set(deeds()) == set(written_actions())


def test_facts_and_doers_are_told_in_words(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        told = facts({"points": -1200, "hidden": True, "scopes": ["a", "b"], "new": "thing"})
        doers = [doer(actor) for actor in ("staff:mina", "key:forum", "operator", "nobody")]

    assert told == (("points", "−1,200"), ("hidden", "yes"), ("rights", "a, b"), ("new", "thing"))
    assert doers == ["mina", "key forum", "the operator", "somebody unknown"]


def test_what_staff_did_is_told_with_a_link_to_whom_it_was_about(settled: World, forum: Forum) -> None:
    mina = forum.staff("manager", name="mina")
    mina.post("/v1/staff/adjustments", json={"member_id": READER, "points": 20, "reason": "a gift"})
    mina.post(f"/v1/staff/members/{READER}/hide", json={"hidden": True})

    shown = audit(forum)

    assert "포인트 조정" in shown
    assert "회원 숨김" in shown
    assert f'href="/staff/members/view?id={READER}"' in shown
    assert "a gift" not in shown


def test_an_erased_member_is_a_former_member(settled: World, forum: Forum) -> None:
    backend = forum.key()
    backend.post(f"/v1/members/{READER}/suspend", json={"suspended": True})
    backend.delete(f"/v1/members/{READER}")

    shown = audit(forum, language="en")

    assert "Member erased" in shown
    assert "former member" in shown
    assert "민지" not in shown


def test_the_list_can_be_narrowed_by_who_what_and_day(
    world: World, forum: Forum, engine: Engine, clock: SettableClock
) -> None:
    write(engine, clock, "season.accept", actor="staff:mina", about="season:2026-11-16")
    clock.advance(days=1)
    write(engine, clock, "product.create", actor="key:forum", about="product:00000000-0000-0000-0000-000000000001")
    day = "2026-11-24"

    def deeds_shown(query: str) -> list[str]:
        return re.findall(r"</bdi></b> · ([^·<]+?)(?: ·|</p>)", audit(forum, query, "en"))

    assert deeds_shown("") == ["Product made", "Season accepted"]
    assert deeds_shown("?who=staff:mina") == ["Season accepted"]
    assert deeds_shown("?what=product.create") == ["Product made"]
    assert deeds_shown(f"?from={day}&to={day}") == ["Season accepted"]
    assert deeds_shown("?from=2026-11-25") == ["Product made"]
    assert deeds_shown("?from=nonsense&to=0000-00-00") == ["Product made", "Season accepted"]
    assert "Nothing of that kind." in audit(forum, "?who=somebody%00else", "en")


def test_a_thousand_lines_are_read_page_by_page(
    world: World, forum: Forum, engine: Engine, clock: SettableClock
) -> None:
    write(engine, clock, *["staff.sign-in"] * 1000)
    manager = as_browser(forum, forum.staff("manager"))

    seen, address, sizes = 0, "/staff/audit", []
    while address:
        page = manager.get(address).get_data(as_text=True)
        seen += page.count("<time")
        sizes.append(len(page.encode()))
        further = re.search(r'rel="next" data-key="n" href="([^"]+)"', page)
        address = further[1].replace("&amp;", "&") if further else ""

    assert seen == 1000
    assert max(sizes) < 60_000


def test_only_managers_read_the_audit_and_see_its_link(world: World, forum: Forum) -> None:
    fulfiller, manager = (as_browser(forum, forum.staff(role)) for role in ("fulfiller", "manager"))

    assert fulfiller.get("/staff/audit").status_code == 403
    assert 'href="/staff/audit"' not in fulfiller.get("/staff/").get_data(as_text=True)
    assert 'href="/staff/audit"' in manager.get("/staff/").get_data(as_text=True)


def test_a_cursor_that_nobody_gave_is_refused(world: World, forum: Forum) -> None:
    assert as_browser(forum, forum.staff("manager")).get("/staff/audit?cursor=abc").status_code == 422
