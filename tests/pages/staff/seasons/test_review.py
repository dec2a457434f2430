"""A week in the hands of staff: its standing, its review, what came too late."""

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from market.products import ensure_prize_products
from rewards.access.scopes import Role
from rewards.earning.correct import reverse_award
from rewards.ranking.standings import hash_of, standing_rows
from rewards.runtime.database import snapshot
from rewards.settlement import settle
from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, hidden_of
from tests.support.checker import assert_whole
from tests.support.clock import SettableClock
from tests.support.factories import make_event
from tests.support.http import Forum
from tests.support.village import NOW, TODAY
from tests.support.world import World

NAMES = ("ara", "bom", "chan", "dal", "eun")
BYTES_MAX = 60_000


@pytest.fixture
def week(world: World, clock: SettableClock) -> date:
    """A provisional week in which ara leads and eun is last; it is an hour over."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    for number, name in enumerate(NAMES):
        likes = [make_event("like.received", name, at=NOW, subject=f"{name}:{like}") for like in range(5 - number)]
        world.record(make_event("member.joined", name, at=NOW), *likes, now=NOW)
    row = world.rows("select season_id, ends_at from season")[0]
    clock.set(row.ends_at + timedelta(hours=1))
    world.run(lambda session: settle(session, row.season_id, review=True, today=TODAY, now=clock.now))
    return row.season_id


@pytest.fixture
def manager(forum: Forum, week: date) -> AtTheDesk:
    """Signed in after the week's end."""
    return at_the_desk(forum, name="sora")


def said(html: str) -> str:
    """The text of the page's notices."""
    return " ".join(re.findall(r'<p class="notice[^"]*" role="\w+"><span>(.*?)</span>', html))


def order(html: str) -> list[str]:
    """The members of the standing, from the top."""
    table = html.partition('id="standings"')[2].partition("</table>")[0]
    return re.findall(r'title="(\w+)"', table)


def test_a_provisional_week_waits_for_its_review(manager: AtTheDesk, week: date) -> None:
    listed = manager.read("/staff/seasons")
    page = manager.read(f"/staff/seasons/{week}")

    assert "23 – 29 November" in listed
    assert ">provisional<" in listed
    assert "Waits for your review" in page
    assert order(page) == list(NAMES)
    assert "4,000 won gift card" in page


def test_disqualifying_says_who_moves_up_and_does_it(manager: AtTheDesk, week: date, world: World) -> None:
    address = f"/staff/seasons/{week}/disqualify?id=ara"

    page = manager.read(address)
    done = manager.do(address, reason="two accounts")
    again = manager.do(address, reason="two accounts")

    moves = re.findall(r'title="(\w+)"', page.partition("<tbody>")[2])
    assert moves == ["ara", "bom", "bom", "chan", "chan", "dal"]
    assert "Everybody below has moved up by one." in said(done)
    assert order(done) == list(NAMES)
    assert ">disqualified<" in done
    assert "<bdi>two accounts</bdi>" in done
    assert "That was done before." in said(again)
    account_id = world.account_id("ara")
    assert [(line.actor, line.action, line.about, line.detail) for line in world.rows("select * from audit")] == [
        ("staff:sora", "season.disqualify", f"season:{week}", {"account": str(account_id)})
    ]


def test_disqualifying_needs_a_reason(manager: AtTheDesk, week: date, world: World) -> None:
    answer = manager.send(f"/staff/seasons/{week}/disqualify?id=ara", reason=" ")

    assert answer.status_code == 422
    assert "Say why, in words." in answer.get_data(as_text=True)
    assert world.rows("select 1 from disqualification") == []


def test_accepting_lists_the_winners_then_their_prizes_are_in_the_queue(
    manager: AtTheDesk, week: date, world: World
) -> None:
    manager.do(f"/staff/seasons/{week}/disqualify?id=ara", reason="two accounts")
    address = f"/staff/seasons/{week}/accept"

    page = manager.read(address)
    done = manager.do(address, seen=hidden_of(page)["seen"])
    again = manager.do(address, seen=hidden_of(page)["seen"])

    assert re.findall(r'title="(\w+)"', page) == ["bom", "chan", "dal"]
    assert "The week is final. Its prizes are in the queue: 3." in said(done)
    assert done.count(">waiting</a>") == 3
    assert "The week is final already." in said(again)
    prizes = world.rows(
        "select m.member_id, r.state, r.points from prize p join member m using (account_id)"
        " join redemption r using (redemption_id) order by place"
    )
    assert [tuple(prize) for prize in prizes] == [(name, "requested", 0) for name in ("bom", "chan", "dal")]
    assert [line.action for line in world.rows("select action from audit order by 1")] == [
        "season.accept",
        "season.disqualify",
    ]


def test_winners_who_changed_meanwhile_are_not_accepted(manager: AtTheDesk, week: date, world: World) -> None:
    address = f"/staff/seasons/{week}/accept"
    seen = hidden_of(manager.read(address))["seen"]
    manager.do(f"/staff/seasons/{week}/disqualify?id=bom", reason="two accounts")

    page = manager.do(address, seen=seen)

    assert "The winners have changed meanwhile, so nothing was accepted." in said(page)
    assert world.rows("select state from season where season_id = :week", week=week)[0].state == "provisional"
    assert world.rows("select 1 from prize") == []


@pytest.mark.parametrize("seen", ["", "made up", "00000000-0000-0000-0000-000000000000"])
def test_whoever_has_not_seen_the_winners_accepts_nothing(manager: AtTheDesk, week: date, seen: str) -> None:
    page = manager.do(f"/staff/seasons/{week}/accept", seen=seen)

    assert "nothing was accepted" in said(page)


def test_a_week_that_is_final_meanwhile_says_so(manager: AtTheDesk, week: date) -> None:
    accept, disqualify = f"/staff/seasons/{week}/accept", f"/staff/seasons/{week}/disqualify?id=bom"
    manager.do(accept, seen=hidden_of(manager.read(accept))["seen"])

    late = manager.do(disqualify, reason="too late")
    pages = [manager.get(path) for path in (accept, disqualify)]

    assert "The week is final now: only a provisional one can be reviewed." in said(late)
    assert [page.status_code for page in pages] == [303, 303]


def test_somebody_without_points_cannot_be_disqualified(manager: AtTheDesk, week: date, world: World) -> None:
    world.record(make_event("poll.closed", "stranger", at=NOW), now=NOW)

    page = manager.do(f"/staff/seasons/{week}/disqualify?id=stranger", reason="who?")

    assert "has no points in that week any more" in said(page)


def test_while_points_are_written_nothing_is_disqualified(manager: AtTheDesk, week: date, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock_shared(3, :key)"), {"key": week.toordinal()})
        page = manager.do(f"/staff/seasons/{week}/disqualify?id=bom", reason="two accounts")

    assert "Nothing was changed; try again." in said(page)


def test_what_came_too_late_is_listed_with_what_it_would_have_changed(
    manager: AtTheDesk, week: date, world: World, clock: SettableClock
) -> None:
    accept = f"/staff/seasons/{week}/accept"
    manager.do(accept, seen=hidden_of(manager.read(accept))["seen"])
    for name, seq in (("ara", 1), ("eun", 2)):
        world.run(
            lambda session, name=name, seq=seq: reverse_award(
                session, name, seq=seq, reason="fraud", actor="staff:sora", terms=world.terms, now=clock.now
            )
        )

    page = manager.read(f"/staff/seasons/{week}")
    listed = manager.read("/staff/seasons")

    assert "Came too late" in page
    assert page.count("would have changed the winners") == 1
    assert "−100<" in page
    assert "came too late" in listed
    assert listed.count("would have changed the winners") == 1
    assert "−100<" in listed
    assert order(page) == list(NAMES)
    assert_whole(world.engine, now=clock.now)


def test_the_hash_is_shown_and_is_that_of_the_standing(manager: AtTheDesk, week: date, world: World) -> None:
    accept = f"/staff/seasons/{week}/accept"
    page = manager.do(accept, seen=hidden_of(manager.read(accept))["seen"])

    with snapshot(world.engine) as session:
        digest = hash_of(week, standing_rows(session, week, final=True)).hex()
    assert digest in page
    assert "docs/reference/standings.md" in page


@pytest.mark.parametrize("role", ["viewer", "fulfiller"])
def test_who_is_no_manager_only_looks(forum: Forum, week: date, world: World, role: Role) -> None:
    somebody = at_the_desk(forum, role)

    page = somebody.read(f"/staff/seasons/{week}")

    assert "Waits for your review" in page
    assert "Accept the standing" not in page
    assert "Disqualify" not in page
    for path in ("accept", "disqualify?id=ara"):
        assert somebody.get(f"/staff/seasons/{week}/{path}").status_code == 403
        assert somebody.send(f"/staff/seasons/{week}/{path}", reason="x", seen="").status_code == 403
    assert world.rows("select 1 from disqualification") == []


@pytest.mark.parametrize("path", ["accept", "disqualify?id=ara"])
def test_a_form_of_another_site_does_nothing(manager: AtTheDesk, week: date, world: World, path: str) -> None:
    manager.proof = "0" * 64

    assert manager.send(f"/staff/seasons/{week}/{path}", reason="x", seen="").status_code == 403
    assert world.rows("select 1 from disqualification") == []


def test_before_the_first_week_the_list_says_when_it_opens(forum: Forum) -> None:
    assert "No week yet." in at_the_desk(forum, "viewer").read("/staff/seasons")


def test_a_week_under_way_says_how_long(forum: Forum, world: World) -> None:
    world.record(make_event("member.joined", "mina", at=NOW), now=NOW)

    page = at_the_desk(forum, "viewer").read("/staff/seasons/2026-11-23")

    assert "It ends in 5 d 10 h 42 min." in page


def test_a_week_whose_grace_lasts_says_until_when(forum: Forum, world: World, clock: SettableClock) -> None:
    world.record(make_event("member.joined", "mina", at=NOW), now=NOW)
    ends_at: datetime = world.rows("select ends_at from season")[0].ends_at
    clock.set(ends_at + timedelta(minutes=3))

    page = at_the_desk(forum, "viewer").read("/staff/seasons/2026-11-23")

    assert "Late activity is counted until 30 November 2026, 00:10" in page


@pytest.mark.parametrize("path", ["/staff/seasons/2020-01-06", "/staff/seasons/nonsense"])
def test_a_week_that_never_was_is_a_page_that_is_not_there(forum: Forum, path: str) -> None:
    assert at_the_desk(forum, "viewer").get(path).status_code == 404


def test_a_thousand_places_go_on_page_by_page_and_stay_small(manager: AtTheDesk, week: date, world: World) -> None:
    names = [f"m{number:04}" for number in range(1000)]
    world.execute(
        "with a as (insert into account (account_id, recorded_at) select gen_random_uuid(), now()"
        " from unnest(cast(:names as text[])) returning account_id), n as (select account_id, row_number() over () as r"
        " from a), m as (insert into member (account_id, member_id, created_at) select account_id,"
        " (cast(:names as text[]))[r], now() from n returning account_id)"
        " insert into leaderboard_points select 'season', :week, account_id, 50, now(), 1 from m",
        names=names,
        week=week,
    )

    found: list[str] = []
    path: str | None = f"/staff/seasons/{week}"
    while path:
        page = manager.read(path)
        assert len(page.encode()) < BYTES_MAX
        found += order(page)
        _, _, rest = page.partition('rel="next" data-key="n"')
        path = rest.partition('href="')[2].partition('"')[0].replace("&amp;", "&") or None

    assert found == [*NAMES, *names]
