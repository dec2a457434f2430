"""Erasing a member takes all words by and about the person out of every table; the numbers stay, and go on proving."""

import itertools
from typing import Any

import psycopg
import pytest
from psycopg import sql
from werkzeug.test import TestResponse

from ledger.blocks import seal
from ledger.proof import inclusion_of
from ledger.signing import keyring_of
from rewards.merging import merge
from rewards.runtime.database import snapshot, transaction
from rewards.runtime.settings import Settings
from rewards.verify import findings
from tests.support.http import Caller, Forum, event, problem_of
from tests.support.market import product_with
from tests.support.seasons import CALENDAR

WORDS = "zimt und 민지"
MEMBER, ALIAS = "zimt-4711", "zimt-0815"
_numbers = itertools.count(1)


def once() -> dict[str, Any]:
    """A key of its own, under which the answer is kept."""
    return {"headers": {"Idempotency-Key": f"key {next(_numbers)}"}}


def tell_all(forum: Forum, backend: Caller) -> None:
    """Everything that the service takes about a person, in every place that takes words."""
    staff = forum.staff(name="jun")
    for member_id in (MEMBER, ALIAS):
        backend.put(f"/v1/members/{member_id}", json={"name": WORDS, "avatar": f"/avatars/{MEMBER}.png"}, **once())
        for number in range(6):
            subject = f"post:{member_id[-4:]}{number}"
            said = event(f"{subject}:made", member_id=member_id, data={"text": WORDS}, subject=subject)
            assert backend.post("/v1/events", json=said, **once()).status_code == 201
    points = {"member_id": MEMBER, "reason": WORDS}
    reversed_ = staff.post("/v1/staff/reversals", json={**points, "seq": 1}, **once())
    answers = [
        reversed_,
        staff.post("/v1/staff/restores", json={**points, "seq": reversed_.get_json()["seq"]}, **once()),
        backend.post("/v1/attendance", json={"member_id": MEMBER, "greeting": WORDS}, **once()),
        staff.post("/v1/staff/adjustments", json={**points, "points": 300}, **once()),
        staff.post("/v1/staff/adjustments", json={**points, "points": 9_000}, **once()),
        backend.post(f"/v1/members/{ALIAS}/suspend", json={"reason": WORDS}, **once()),
    ]
    with transaction(forum.engine) as session:
        merge(session, ALIAS, into=MEMBER, actor="staff:jun", calendar=CALENDAR, now=forum.clock())
    answers += [
        backend.post(f"/v1/members/{MEMBER}/suspend", json={"suspended": False}),
        *redeem(forum, forum.member(MEMBER), staff),
        backend.post(f"/v1/members/{MEMBER}/suspend", json={"reason": WORDS}, **once()),
    ]
    assert [answer.get_json() for answer in answers if answer.status_code >= 300] == []


def redeem(forum: Forum, member: Caller, staff: Caller) -> list[TestResponse]:
    """One that is rejected, one that is fulfilled, and one that waits."""
    with transaction(forum.engine) as session:
        card = product_with(session, stock="unlimited", price=50)
    asked = [member.post("/v1/market/redemptions", json={"product": card.key}, **once()) for _ in range(3)]
    first, second, _ = [answer.get_json()["id"] for answer in asked]
    of = "/v1/staff/redemptions"
    return [
        *asked,
        staff.post(f"{of}/{first}/claim", **once()),
        staff.post(f"{of}/{first}/reject", json={"reason": WORDS}, **once()),
        staff.post(f"{of}/{second}/claim", **once()),
        staff.post(f"{of}/{second}/fulfil", json={"code": "TYPED-IN"}, **once()),
        staff.post(f"{of}/{second}/code", json={"reason": WORDS}),
    ]


def tables_with(superuser: psycopg.Connection[Any], *words: str) -> dict[str, list[str]]:
    """The rows, by table, that hold one of the words in a column of any type."""
    names = superuser.execute("select table_name from information_schema.tables where table_schema = 'public'")
    found: dict[str, list[str]] = {}
    for (name,) in names.fetchall():
        rows = superuser.execute(sql.SQL("select cast(t as text) from {} t").format(sql.Identifier(name))).fetchall()
        # A row as text shows bytes in hexadecimal.
        wanted = [*words, *(word.encode().hex() for word in words)]
        if told := [row for (row,) in rows if any(word in row for word in wanted)]:
            found[name] = told
    return found


@pytest.fixture
def lived(forum: Forum, backend: Caller, settings: Settings) -> None:
    """The person's life here, with another id that was merged into it; all of it is sealed."""
    tell_all(forum, backend)
    with transaction(forum.engine) as session:
        assert seal(session, keyring=keyring_of(settings.signing_keys), now=forum.clock()) is not None


EVERYWHERE = {
    "member",
    "event_data",
    "greeting",
    "entry_note",
    "adjustment_reason",
    "redemption_reason",
    "code_reading_reason",
    "idempotent_answer",
}


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("asked_for", [MEMBER, ALIAS])
def test_no_word_by_or_about_the_person_is_left_in_any_table(
    backend: Caller, superuser: psycopg.Connection[Any], asked_for: str
) -> None:
    # given
    assert set(tables_with(superuser, WORDS, MEMBER, ALIAS)) >= EVERYWHERE
    told = superuser.execute("select encode(salt, 'hex') from member where member_id = any(%s)", [[MEMBER, ALIAS]])
    salts = [salt for (salt,) in told.fetchall()]
    assert len(salts) == 2

    # when
    assert backend.delete(f"/v1/members/{asked_for}").status_code == 204

    # then
    assert tables_with(superuser, WORDS, MEMBER, ALIAS) == {}
    assert tables_with(superuser, *salts) == {}


@pytest.mark.usefixtures("lived")
def test_the_numbers_stay_and_go_on_proving(
    forum: Forum, backend: Caller, settings: Settings, superuser: psycopg.Connection[Any]
) -> None:
    # given
    keyring = keyring_of(settings.signing_keys)
    account = superuser.execute("select account_id from member where member_id = %s", [MEMBER]).fetchone()
    assert account
    with snapshot(forum.engine) as session:
        proof = inclusion_of(session, account[0])
    entries = superuser.execute("select * from entry order by account_id, seq").fetchall()

    # when
    backend.delete(f"/v1/members/{MEMBER}")

    # then
    with snapshot(forum.engine) as session:
        assert inclusion_of(session, account[0]) == proof
        assert list(findings(session, calendar=CALENDAR, now=forum.clock(), keyring=keyring)) == []
    assert superuser.execute("select * from entry order by account_id, seq").fetchall() == entries


def test_what_was_done_once_is_not_done_again_for_somebody_new(forum: Forum, backend: Caller) -> None:
    """The kept answer is gone with the person, its key is not: whoever sends it again is refused."""
    staff = forum.staff()
    backend.put(f"/v1/members/{MEMBER}", json={})
    given = {"json": {"member_id": MEMBER, "points": 300, "reason": WORDS}, **once()}
    assert staff.post("/v1/staff/adjustments", **given).status_code == 201

    backend.delete(f"/v1/members/{MEMBER}")
    backend.put(f"/v1/members/{MEMBER}", json={})

    problem_of(staff.post("/v1/staff/adjustments", **given), 409, "idempotency-conflict")
