"""Signing out on every device at once: by the member on the page, by the forum with its key."""

from tests.support.clock import SettableClock
from tests.support.http import Forum, problem_of
from tests.support.member_pages import Reader, form_of, reader_of, redirected_to
from tests.support.village import READER
from tests.support.world import World


def leave(reader: Reader) -> object:
    form = form_of(reader.read("/me"), action="/me/sign-out-everywhere")
    return redirected_to(reader.press("/me/sign-out-everywhere", form=form))


def test_every_device_is_signed_out_and_nobody_else(forum: Forum, settled: World) -> None:
    phone, desk, other = reader_of(forum, READER), reader_of(forum, READER), reader_of(forum, "villager-01")

    assert leave(phone) == "/ranking"

    assert "모든 기기에서 로그아웃했어요." in phone.words("/ranking")
    assert (phone.get("/me").status_code, desk.get("/me").status_code) == (401, 401)
    assert other.get("/me").status_code == 200


def test_the_session_itself_has_ended_whoever_kept_its_cookie(forum: Forum, settled: World) -> None:
    reader = reader_of(forum, READER)
    cookie = reader.caller.client.get_cookie("rewards_member")
    assert cookie

    leave(reader)

    thief = forum.anybody()
    thief.client.set_cookie("rewards_member", cookie.value)
    assert Reader(thief).get("/me").status_code == 401


def test_one_may_come_in_again_afterwards(forum: Forum, settled: World) -> None:
    leave(reader_of(forum, READER))

    assert "잔액 1,340 P" in reader_of(forum, READER).words("/me")


def test_signing_out_on_this_device_leaves_the_others(forum: Forum, settled: World) -> None:
    phone, desk = reader_of(forum, READER), reader_of(forum, READER)
    form = form_of(phone.read("/me"), action="/sign-out")

    redirected_to(phone.press("/sign-out", form=form))

    assert (phone.get("/me").status_code, desk.get("/me").status_code) == (401, 200)


def test_the_forum_signs_its_member_out(forum: Forum, settled: World) -> None:
    reader, key = reader_of(forum, READER), forum.key("members:write")

    first, again = (key.delete(f"/v1/members/{READER}/sessions") for _ in range(2))

    assert (first.status_code, again.status_code) == (204, 204)
    assert reader.get("/me").status_code == 401
    (noted, _) = settled.rows("select actor, about from audit where action = 'member.sign_out' order by audit_id")
    assert noted.about == f"account:{settled.account_id(READER)}"


def test_a_member_whom_nobody_knows_is_not_found(forum: Forum, settled: World) -> None:
    problem_of(forum.key("members:write").delete("/v1/members/nobody/sessions"), 404, "not-found")


def test_sessions_that_are_over_stay_as_they_ended(forum: Forum, settled: World, clock: SettableClock) -> None:
    reader_of(forum, READER)
    clock.advance(hours=9)

    forum.key("members:write").delete(f"/v1/members/{READER}/sessions")

    assert settled.rows("select 1 from member_session where revoked_at is not null") == []
