"""Searching members, and one member's page: whatever they are called, with every decision and its reason."""

from datetime import timedelta
from html import escape
from urllib.parse import quote

import pytest

from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, view_of
from tests.support.factories import make_comment, make_event
from tests.support.http import Forum
from tests.support.village import EMOJI, LONG, NOW, READER, RIGHT_TO_LEFT
from tests.support.world import World

ODD_IDS = ("a/b/c", "../x", "100%", "a_b", "d'Artagnan", 'the "one"', "<b>bold</b>", "a&b=c", "😀", "한 칸", "x?y#z")
BYTES_MAX = 60_000


@pytest.fixture
def viewer(forum: Forum) -> AtTheDesk:
    return at_the_desk(forum, "viewer")


def make_members(world: World, *names: str) -> None:
    """Members with these ids, each with points."""
    world.record(*(make_event("member.joined", name, at=NOW) for name in names), now=NOW)


@pytest.mark.parametrize("member_id", ODD_IDS)
def test_a_member_of_any_id_is_found_and_opened(viewer: AtTheDesk, world: World, member_id: str) -> None:
    make_members(world, member_id, "somebody")

    found = viewer.read(f"/staff/members?q={quote(member_id, safe='')}")
    page = viewer.read(view_of(member_id))

    assert escape(f"{member_id}</bdi>", quote=False).replace("&lt;/bdi&gt;", "</bdi>") in page.replace(
        "&#39;", "'"
    ).replace("&#34;", '"')
    assert "<b>bold" not in page
    assert "somebody" not in found
    assert "100" in found


def test_a_search_that_finds_nobody_says_how_to_search(viewer: AtTheDesk) -> None:
    page = viewer.read("/staff/members?q=%25%00")

    assert "Nobody is called so." in page
    assert 'value="%"' in page


def test_before_there_is_anybody_it_says_how_they_come(viewer: AtTheDesk) -> None:
    assert "No members yet." in viewer.read("/staff/members")


def test_a_list_of_many_goes_on_and_stays_small(viewer: AtTheDesk, world: World) -> None:
    names = [f"member-{number:04}" for number in range(1000)]
    for start in range(0, 1000, 250):
        make_members(world, *names[start : start + 250])

    found: list[str] = []
    path: str | None = "/staff/members?q=member"
    while path:
        page = viewer.read(path)
        assert len(page.encode()) < BYTES_MAX
        found += [name for name in names if f"id={name}" in page]
        _, _, rest = page.partition('rel="next"')
        path = rest.partition('href="')[2].partition('"')[0].replace("&amp;", "&") or None

    assert found == names


def test_a_cursor_of_another_search_is_refused(viewer: AtTheDesk) -> None:
    assert viewer.get("/staff/members?q=a&cursor=made-up").status_code == 422


def test_the_states_stand_beside_the_names(viewer: AtTheDesk, world: World) -> None:
    make_members(world, "mina")
    world.execute("update member set hidden = true, opted_out = true, suspended_at = now(), name = :name", name=EMOJI)

    page = viewer.read("/staff/members")

    assert [word for word in ("suspended", "hidden", "opted out", "owes points") if f">{word}<" in page] == [
        "suspended",
        "hidden",
        "opted out",
    ]
    assert EMOJI in page


def test_the_statement_says_every_decision_with_the_facts(viewer: AtTheDesk, world: World) -> None:
    world.record(
        make_event("post.created", "mina", at=NOW, board="free", subject="post:7/8", event_id="e<1>", source="forum"),
        make_comment("mina", at=NOW, board="notice"),
        make_event("poll.closed", "mina", at=NOW - timedelta(days=3)),
        now=NOW,
    )

    page = viewer.read(view_of("mina"))

    facts = (
        "forum · e&lt;1&gt;",
        "post:7/8",
        "post.created@1",
        "ignored, board_earns_nothing",
        "ignored, no_rule",
        "poll.closed: no rule for it",
        "week of 23 November</a>, November 2026",
        "+20<",
    )
    assert [fact for fact in facts if fact not in page] == []
    assert page.index("no_rule") < page.index("board_earns_nothing") < page.index("post:7/8")


def test_the_statement_can_be_narrowed(viewer: AtTheDesk, world: World) -> None:
    make_members(world, "mina")
    world.record(make_event("poll.closed", "mina", at=NOW), now=NOW)

    nothing = viewer.read(view_of("mina") + "&only=unmoved")
    moved = viewer.read(view_of("mina") + "&only=award")
    none = viewer.read(view_of("mina") + "&only=refund")
    made_up = viewer.read(view_of("mina") + "&only=made-up")

    assert ("poll.closed" in nothing, "member.joined" in nothing) == (True, False)
    assert ("poll.closed" in moved, "member.joined" in moved) == (False, True)
    assert "Nothing of this kind has happened" in none
    assert ("poll.closed" in made_up, "member.joined" in made_up) == (True, True)


def test_a_long_statement_goes_on_page_by_page(viewer: AtTheDesk, world: World) -> None:
    world.record(
        *(make_event("poll.closed", "mina", event_id=f"poll-{number:03}", at=NOW) for number in range(75)), now=NOW
    )

    found: list[str] = []
    path: str | None = view_of("mina")
    while path:
        page = viewer.read(path)
        assert len(page.encode()) < BYTES_MAX
        found += [f"poll-{number:03}" for number in range(74, -1, -1) if f"poll-{number:03}" in page]
        _, _, rest = page.partition('rel="next"')
        path = rest.partition('href="')[2].partition('"')[0].replace("&amp;", "&") or None

    assert found == [f"poll-{number:03}" for number in range(74, -1, -1)]


@pytest.mark.parametrize("member_id,name", [("villager-08", LONG), ("villager-09", RIGHT_TO_LEFT), (READER, "민지")])
def test_names_of_all_kinds_stand_apart(settled: World, viewer: AtTheDesk, member_id: str, name: str) -> None:
    page = viewer.read(view_of(member_id))

    assert f'<bdi class="who" title="{name}">{name}</bdi>' in page


@pytest.mark.parametrize("member_id", ["%00", "x" * 65, ""])
def test_what_can_be_no_id_is_a_page_that_is_not_there(viewer: AtTheDesk, member_id: str) -> None:
    assert viewer.get(f"/staff/members/view?id={member_id}").status_code == 404
