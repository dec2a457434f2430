"""Finding members by a part of their id or nickname."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from rewards.members.ensure import ensure_members
from rewards.members.search import Found, State, search_members
from tests.support.clock import START

PEOPLE = {
    "minji": "민지",
    "Mina_K": "달빛서재",
    "100%": "백점",
    "a/b/c": "슬래시",
    "back\\slash": None,
    "d'Artagnan": 'the "great"',
    "o1": "Ömer",
    "o2": "öMEROĞLU",
    "fox": "🦊 여우비",
    "rtl": "مرحبا بالعالم",
    "minji2": None,
}


@pytest.fixture
def village(session: Session) -> Session:
    members = ensure_members(session, PEOPLE, now=START)
    lock_accounts(session, [member.account_id for member in members.values()], now=START)
    for member_id, name in PEOPLE.items():
        session.execute(text("update member set name = :name where member_id = :id"), {"name": name, "id": member_id})
    return session


def ids(found: list[Found]) -> list[str]:
    return [one.member_id for one in found]


@pytest.mark.parametrize(
    "query,expected",
    [
        ("MINJI", ["minji", "minji2"]),
        ("지", ["minji"]),
        ("ömer", ["o1", "o2"]),
        ("ÖMER", ["o1", "o2"]),
        ("_", ["Mina_K"]),
        ("%", ["100%"]),
        ("\\", ["back\\slash"]),
        ("/b/", ["a/b/c"]),
        ("d'a", ["d'Artagnan"]),
        ('"great"', ["d'Artagnan"]),
        ("🦊", ["fox"]),
        ("مرحبا", ["rtl"]),
        ("nobody", []),
    ],
)
def test_a_part_of_id_or_nickname_is_enough_in_either_case(village: Session, query: str, expected: list[str]) -> None:
    assert ids(search_members(village, query, limit=50)) == expected


def test_whoever_has_just_this_id_comes_first(village: Session) -> None:
    members = ensure_members(village, ["a-minji"], now=START)
    lock_accounts(village, [members["a-minji"].account_id], now=START)

    assert ids(search_members(village, "minji", limit=50)) == ["minji", "a-minji", "minji2"]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_put_together_are_all_members_each_once(village: Session, size: int) -> None:
    found: list[str] = []
    after: str | None = None
    while page := ids(search_members(village, limit=size, after=after)):
        found += page
        after = page[-1]

    assert found == sorted(PEOPLE, key=str.encode)


@pytest.mark.parametrize(
    "state,change",
    [
        ("suspended", "update member set suspended_at = now() where member_id = 'fox'"),
        ("hidden", "update member set hidden = true where member_id = 'fox'"),
        ("opted_out", "update member set opted_out = true where member_id = 'fox'"),
    ],
)
def test_a_search_can_be_narrowed_to_a_state(village: Session, state: State, change: str) -> None:
    assert search_members(village, limit=50, state=state) == []

    village.execute(text(change))

    assert ids(search_members(village, limit=50, state=state)) == ["fox"]
    assert ids(search_members(village, "minji", limit=50, state=state)) == []


def test_erased_members_are_found_by_nobody(village: Session) -> None:
    village.execute(text("update member set member_id = null, name = null where member_id = 'minji'"))

    assert "minji" not in ids(search_members(village, limit=50))
