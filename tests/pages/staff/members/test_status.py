"""Suspended, readmitted, hidden, erased: what staff do on the pages, and whoever may not."""

import pytest

from rewards.access.scopes import Role
from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, view_of
from tests.support.factories import make_event
from tests.support.http import Forum, event, problem_of
from tests.support.village import NOW
from tests.support.world import World

FORMS = (
    "/staff/members/adjust?id=mina",
    "/staff/members/adjust/do?id=mina",
    "/staff/members/reverse?id=mina&seq=1",
    "/staff/members/suspend?id=mina",
    "/staff/members/readmit?id=mina",
    "/staff/members/hide?id=mina",
    "/staff/members/erase?id=mina",
)
PAGES = tuple(path for path in FORMS if not path.startswith(("/staff/members/adjust/do", "/staff/members/readmit")))
PAGES = tuple(path for path in PAGES if "/hide" not in path)
BUTTONS = ("Correct points", "Suspend", "Hide from rankings", "Erase", "Take back")


@pytest.fixture(autouse=True)
def mina(world: World) -> None:
    world.record(make_event("member.joined", "mina", at=NOW), now=NOW)


@pytest.fixture
def manager(forum: Forum) -> AtTheDesk:
    return at_the_desk(forum, name="sora")


def test_a_suspended_member_neither_earns_nor_spends_until_readmitted(
    forum: Forum, manager: AtTheDesk, world: World
) -> None:
    suspended = manager.do("/staff/members/suspend?id=mina", ground="spam")
    forum.key().post("/v1/events", json=event(member_id="mina", occurred_at=NOW.isoformat()))
    refused = forum.member("mina").post("/v1/market/redemptions", json={"product": "coffee"})
    readmitted = manager.do("/staff/members/readmit?id=mina")

    assert "Suspended since" in suspended
    assert "sora: suspended: Spam" in suspended
    problem_of(refused, 403, "member-suspended")
    assert "suspended at that time" in readmitted
    assert "Suspended since" not in readmitted
    assert [(line.action, line.detail) for line in world.rows("select action, detail from audit order by 1 desc")] == [
        ("member.suspend", {"ground": "spam"}),
        ("member.readmit", {}),
    ]


@pytest.mark.parametrize("ground", ["", "because", "a\x00b"])
def test_a_suspension_needs_one_of_the_grounds(manager: AtTheDesk, world: World, ground: str) -> None:
    answer = manager.send("/staff/members/suspend?id=mina", ground=ground)

    assert answer.status_code == 422
    assert "Choose why." in answer.get_data(as_text=True)
    assert world.rows("select 1 from member where suspended_at is not null") == []


def test_what_was_done_before_is_said_and_leaves_no_line(manager: AtTheDesk, world: World) -> None:
    manager.do("/staff/members/suspend?id=mina", ground="spam")

    again = manager.do("/staff/members/suspend?id=mina", ground="other")
    manager.do("/staff/members/readmit?id=mina")
    twice = manager.do("/staff/members/readmit?id=mina")

    assert "Somebody had suspended the member already." in again
    assert "not suspended any more" in twice
    assert len(world.rows("select 1 from audit")) == 2


def test_a_hidden_member_has_no_place_until_shown_again(manager: AtTheDesk) -> None:
    hidden = manager.do("/staff/members/hide?id=mina", hidden="true")
    shown = manager.do("/staff/members/hide?id=mina", hidden="false")

    assert ">#1<" not in hidden
    assert "Show on rankings" in hidden
    assert ">#1<" in shown
    assert "shown on rankings again" in shown


def test_somebody_is_erased_when_their_id_is_typed(manager: AtTheDesk, world: World) -> None:
    wrong = manager.send("/staff/members/erase?id=mina", typed="minа")
    erased = manager.do("/staff/members/erase?id=mina", typed="mina")

    assert wrong.status_code == 422
    assert "This is not the id." in wrong.get_data(as_text=True)
    assert "Erased." in erased
    assert manager.get(view_of("mina")).status_code == 404
    assert [line.points for line in world.rows("select points from entry")] == [100]
    assert world.rows("select 1 from member where member_id is not null") == []


@pytest.mark.parametrize("role", ["viewer", "fulfiller"])
def test_who_is_no_manager_sees_no_buttons_and_is_refused(forum: Forum, world: World, role: Role) -> None:
    somebody = at_the_desk(forum, role)

    page = somebody.read(view_of("mina"))

    assert [button for button in BUTTONS if button in page] == []
    assert [somebody.send(path, typed="mina", ground="spam").status_code for path in FORMS] == [403] * len(FORMS)
    assert [somebody.get(path).status_code for path in PAGES] == [403] * len(PAGES)
    assert world.rows("select 1 from audit") == []
    assert world.rows("select 1 from member where hidden or suspended_at is not null or member_id is null") == []


@pytest.mark.parametrize("path", ["/staff/members", view_of("mina"), *PAGES])
def test_whoever_is_not_signed_in_is_led_to_the_sign_in(forum: Forum, path: str) -> None:
    answer = forum.app.test_client().get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/staff/sign-in?next=")


@pytest.mark.parametrize("path", [*PAGES, "/staff/members/view?id=nobody"])
def test_nobody_is_a_page_that_says_so(manager: AtTheDesk, path: str) -> None:
    assert manager.get(path.replace("mina", "nobody")).status_code == 404


@pytest.mark.parametrize("path", FORMS)
def test_a_form_about_nobody_makes_nobody(manager: AtTheDesk, world: World, path: str) -> None:
    once = "019bc9a4-1f6a-7000-8000-000000000001"
    fields = {"typed": "nobody", "ground": "spam", "points": "5", "reason": "x", "once": once, "hidden": "true"}

    assert manager.send(path.replace("mina", "nobody"), **fields).status_code == 404
    assert manager.send(path.replace("id=mina", "no=id"), **fields).status_code == 404
    assert [line.member_id for line in world.rows("select member_id from member")] == ["mina"]
