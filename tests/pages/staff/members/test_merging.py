"""Merging on the pages: shown before it is done, done once, refused in words."""

from datetime import timedelta

import pytest

from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, hidden_of, view_of
from tests.support.checker import assert_whole
from tests.support.factories import make_event
from tests.support.http import Forum
from tests.support.village import NOW
from tests.support.world import World

MERGE = "/staff/members/merge?id=mina-old"
DO = "/staff/members/merge/do?id=mina-old"


@pytest.fixture
def manager(forum: Forum, world: World) -> AtTheDesk:
    """A manager; mina has 100 points, and 2 more under an id of before."""
    world.record(make_event("member.joined", "mina", at=NOW - timedelta(minutes=5)), now=NOW)
    world.record(make_event("login", "mina-old", at=NOW - timedelta(minutes=5)), now=NOW)
    return at_the_desk(forum, name="sora")


def test_it_is_shown_and_then_done_once(manager: AtTheDesk, world: World) -> None:
    page = manager.send(MERGE, into="mina").get_data(as_text=True)
    hidden = hidden_of(page)

    first = manager.do(DO, **hidden)
    again = manager.do(DO, **hidden)

    assert "102" in page
    assert "Merged. Whoever asks for the old id finds this member now." in first
    assert "mina-old" in first
    assert "It is done, and was done once" in again
    assert world.account("mina").balance == 102
    assert_whole(world.engine, now=NOW)


def test_the_old_address_shows_the_member_and_takes_back_what_it_earned(manager: AtTheDesk, world: World) -> None:
    manager.do(DO, **hidden_of(manager.send(MERGE, into="mina").get_data(as_text=True)))
    reverse = "/staff/members/reverse?id=mina-old&seq=1"

    shown = manager.read(view_of("mina-old"))
    manager.do(reverse, **hidden_of(manager.read(reverse)), reason="counted twice")

    assert reverse.replace("&", "&amp;") in shown
    assert (world.account("mina").balance, world.account("mina-old").balance) == (100, 0)


@pytest.mark.parametrize(
    "into, status, said",
    [("nobody", 404, "There is no member with this id."), ("mina-old", 409, "This is the same member."), ("", 422, "")],
    ids=["nobody", "itself", "empty"],
)
def test_what_cannot_be_is_said(manager: AtTheDesk, into: str, status: int, said: str) -> None:
    page = manager.send(MERGE, into=into)

    assert page.status_code == status
    assert said in page.get_data(as_text=True)
