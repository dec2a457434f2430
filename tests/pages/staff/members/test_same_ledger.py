"""What staff do on a page and what they do over the API leave the same, to the last column."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, hidden_of
from tests.support.checker import assert_whole
from tests.support.factories import make_event
from tests.support.http import Caller, Forum
from tests.support.village import NOW
from tests.support.world import World

STEPS = st.tuples(
    st.integers(-150, 150).filter(bool),
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20),
    st.booleans(),
)
_numbers = count(1)


def on_the_page(manager: AtTheDesk, member_id: str, *, points: int, reason: str, overdraft: bool) -> bool:
    """Adjust as people do; whether it was made."""
    tick = {"overdraft": "true"} if overdraft else {}
    page = manager.send(f"/staff/members/adjust?id={member_id}", points=str(points), reason=reason, **tick)
    if page.status_code != 200:
        assert page.status_code == 409
        return False
    form = {**hidden_of(page.get_data(as_text=True)), "reason": reason}
    assert manager.send(f"/staff/members/adjust/do?id={member_id}", **form).status_code == 303
    return True


def over_the_api(manager: Caller, member_id: str, **fields: Any) -> bool:
    """Adjust as programs do; whether it was made."""
    answer = manager.post("/v1/staff/adjustments", json={"member_id": member_id, **fields})
    assert answer.status_code in (201, 409)
    return answer.status_code == 201


def left_by(world: World, member_id: str) -> list[Any]:
    """Everything that is written about a member's corrections, but what is different for everybody."""
    account_id = world.account_id(member_id)
    entries = world.rows(
        "select seq, points, kind, contra, balance_after, held_after, occurred_at, recorded_at, season, month,"
        " reverses, award_seq, overdraft, note_digest is null, n.note, n.actor from entry left join entry_note n"
        " using (account_id, seq) where account_id = :account_id order by seq",
        account_id=account_id,
    )
    audit = world.rows(
        "select action, actor, detail from audit where about = :about order by audit_id", about=f"account:{account_id}"
    )
    account = world.rows(
        "select balance, held, lifetime, version, decisions from account where account_id = :id", id=account_id
    )
    outbox = world.rows(
        "select topic, payload - 'event_id' from outbox where account_id = :id order by id", id=account_id
    )
    return [entries, audit, account, outbox]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=4))
@example(steps=[(-150, "more than there is", False), (-150, "more than there is", True), (1, "“<b>'&", False)])
def test_adjustments_leave_the_same(world: World, forum: Forum, steps: list[tuple[int, str, bool]]) -> None:
    number = next(_numbers)
    page, api = f"page-{number}", f"api-{number}"
    world.record(make_event("member.joined", page, at=NOW), make_event("member.joined", api, at=NOW), now=NOW)
    desk = at_the_desk(forum, name=f"sora-{number}")
    program = forum.bearer(desk.secret)

    for points, reason, overdraft in steps:
        said = {"points": points, "reason": reason, "overdraft": overdraft}
        assert on_the_page(desk, page, **said) == over_the_api(program, api, **said)

    assert left_by(world, page) == left_by(world, api)
    assert_whole(world.engine, now=NOW)


def test_a_reversal_leaves_the_same(world: World, forum: Forum) -> None:
    world.record(*(make_event("member.joined", name, at=NOW) for name in ("page", "api")), now=NOW)
    desk = at_the_desk(forum)
    address = "/staff/members/reverse?id=page&seq=1"

    desk.do(address, reason="not a member", once=hidden_of(desk.read(address))["once"])
    forum.bearer(desk.secret).post("/v1/staff/reversals", json={"member_id": "api", "seq": 1, "reason": "not a member"})

    assert left_by(world, "page") == left_by(world, "api")


def test_suspending_and_hiding_leave_the_same(world: World, forum: Forum) -> None:
    world.record(*(make_event("member.joined", name, at=NOW) for name in ("page", "api")), now=NOW)
    desk = at_the_desk(forum)
    program = forum.bearer(desk.secret)

    for suspended in (True, False):
        desk.do(f"/staff/members/{'suspend' if suspended else 'readmit'}?id=page", ground="spam")
        body = {"suspended": suspended, **({"ground": "spam"} if suspended else {})}
        program.post("/v1/staff/members/api/suspend", json=body)
    for hidden in (True, False):
        desk.do("/staff/members/hide?id=page", hidden=str(hidden).lower())
        program.post("/v1/staff/members/api/hide", json={"hidden": hidden})

    assert left_by(world, "page") == left_by(world, "api")
