"""Codes: imported line by line, encrypted, known again, and shown to whom they belong."""

import logging
from datetime import date
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.codes import BadLine, CodeKeys, code_keys, import_codes, read_code, read_lines, read_own_code
from market.errors import CodeUnreadable, ReasonNeeded, StockNotCounted, UnknownRedemption, WrongState
from market.redemptions import claim, fulfil
from tests.support.market import NOW, STAFF, TODAY, ask, code_states, member_with, new_keys, product_with

SECRET = "SECRET-7777-KOREA"
READ = "from code_reading d join code_reading_reason w using (reading_id)"


def issued_code(session: Session, keys: CodeKeys, *, code: str = SECRET) -> tuple[UUID, UUID]:
    member, card = member_with(session, 1000), product_with(session, codes=[code], keys=keys)
    redemption_id = ask(session, member, card).redemption_id
    claim(session, redemption_id, actor=STAFF, now=NOW)
    fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)
    return member, redemption_id


def test_good_lines_are_kept_and_each_bad_one_is_told_by_its_number(session: Session, keys: CodeKeys) -> None:
    card = product_with(session)
    lines = [
        "\ufeffcode,expires_on",
        "AAAA-1111,2026-12-31",
        "",
        "BBBB-2222",
        ",2026-12-31",
        "CCCC-3333,31.12.2026",
        "DDDD-4444,2026-03-03",
        "EEEE-5555,2026-03-04",
        "AAAA-1111",
        "FFFF\x07",
        "G" * 256,
        "HHHH,2026-12-31,5000",
        '"IIII, with a comma",2027-01-01',
        "  JJJJ-6666  , ",
    ]

    taken = import_codes(session, card.product_id, lines=lines, keys=keys, today=TODAY, now=NOW)

    assert taken.codes == 5
    assert taken.refused == (
        BadLine(5, "empty"),
        BadLine(6, "bad_date"),
        BadLine(7, "lapsed"),
        BadLine(9, "doubled"),
        BadLine(10, "control_character"),
        BadLine(11, "too_long"),
        BadLine(12, "too_many_columns"),
    )
    assert code_states(session) == ["available"] * 5


@given(st.lists(st.text(), max_size=20))
def test_any_line_at_all_is_a_code_a_problem_or_blank(lines: list[str]) -> None:
    read = list(read_lines(lines, today=TODAY))

    numbers = [line.number for line in read]
    assert numbers == sorted(set(numbers))
    assert len(read) <= len(lines)


def test_a_double_is_refused_whatever_product_it_is_in_or_however_far_it_got(session: Session, keys: CodeKeys) -> None:
    issued_code(session, keys)
    product_with(session, codes=["AAAA"], keys=keys)
    other = product_with(session)

    taken = import_codes(
        session, other.product_id, lines=[SECRET, "AAAA", " AAAA ", "new"], keys=keys, today=TODAY, now=NOW
    )

    assert taken.codes == 1
    assert taken.refused == (BadLine(1, "doubled"), BadLine(2, "doubled"), BadLine(3, "doubled"))


def test_importing_the_same_lines_again_adds_nothing(session: Session, keys: CodeKeys) -> None:
    card = product_with(session)
    first, second = [
        import_codes(session, card.product_id, lines=["A", "B"], keys=keys, today=TODAY, now=NOW) for _ in range(2)
    ]

    assert (first.codes, second.codes, len(second.refused)) == (2, 0, 2)


def test_a_product_without_codes_takes_none(session: Session, keys: CodeKeys) -> None:
    card = product_with(session, stock="unlimited")

    with pytest.raises(StockNotCounted):
        import_codes(session, card.product_id, lines=["A"], keys=keys, today=TODAY, now=NOW)


def test_a_code_is_nowhere_in_the_database_in_the_clear(session: Session, keys: CodeKeys) -> None:
    issued_code(session, keys)

    tables = session.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all()
    rows = [row for table in tables for row in session.execute(text(f"select t::text from {table} t")).scalars()]

    assert len(rows) > 5
    assert not any(SECRET in row or SECRET.encode().hex() in row for row in rows)


def test_codes_and_keys_stay_out_of_reprs_and_logs(
    session: Session, keys: CodeKeys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret_key = Fernet.generate_key().decode()
    member, redemption_id = issued_code(session, keys)

    shown = read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW)
    texts = [
        repr(shown),
        str(shown),
        repr(keys),
        repr(code_keys([secret_key])),
        *map(repr, read_lines([SECRET], today=TODAY)),
    ]

    assert shown.code == SECRET
    assert not any(SECRET in shown_text or secret_key in shown_text for shown_text in [*texts, caplog.text])
    assert repr(keys) == "CodeKeys()"


def test_the_member_sees_the_code_that_is_theirs_and_leaves_a_line(session: Session, keys: CodeKeys) -> None:
    member, redemption_id = issued_code(session, keys)

    shown = read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW)

    assert (shown.code, shown.expires_on) == (SECRET, None)
    readings = session.execute(text(f"select d.actor, w.reason, d.recorded_at {READ}")).all()
    assert [tuple(row) for row in readings] == [("member", "the member's own", NOW)]


def test_another_member_does_not_even_learn_that_it_exists(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = issued_code(session, keys)

    with pytest.raises(UnknownRedemption):
        read_own_code(session, redemption_id, account_id=member_with(session, 10), keys=keys, now=NOW)
    with pytest.raises(UnknownRedemption):
        read_code(session, uuid7(), keys=keys, actor=STAFF, reason="a call", now=NOW)
    assert session.execute(text("select count(*) from code_reading")).scalar() == 0


def test_staff_see_a_code_for_a_reason_that_is_kept(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = issued_code(session, keys)

    with pytest.raises(ReasonNeeded):
        read_code(session, redemption_id, keys=keys, actor=STAFF, reason="  ", now=NOW)
    shown = read_code(session, redemption_id, keys=keys, actor=STAFF, reason=" says it is dead ", now=NOW)

    assert shown.code == SECRET
    readings = session.execute(text(f"select d.actor, w.reason {READ}")).all()
    assert [tuple(row) for row in readings] == [(STAFF, "says it is dead")]


def test_a_reserved_code_is_shown_to_nobody(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, 1000), product_with(session, codes=[SECRET], keys=keys)
    redemption = ask(session, member, card)

    with pytest.raises(WrongState):
        read_own_code(session, redemption.redemption_id, account_id=member, keys=keys, now=NOW)
    with pytest.raises(WrongState):
        read_code(session, redemption.redemption_id, keys=keys, actor=STAFF, reason="curious", now=NOW)


def test_a_new_key_in_front_reads_old_codes_and_knows_their_doubles(session: Session) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    member, redemption_id = issued_code(session, code_keys([old]))
    rotated = code_keys([new, old])
    card = product_with(session)

    taken = import_codes(session, card.product_id, lines=[SECRET, "fresh"], keys=rotated, today=TODAY, now=NOW)
    shown = read_own_code(session, redemption_id, account_id=member, keys=rotated, now=NOW)

    assert (taken.codes, taken.refused) == (1, (BadLine(1, "doubled"),))
    assert shown.code == SECRET
    fresh = session.execute(text("select ciphertext from code where state = 'available'")).scalar_one()
    assert Fernet(new).decrypt(bytes(fresh)) == b"fresh"


def test_a_code_whose_key_is_gone_is_said_to_be_unreadable(session: Session, keys: CodeKeys) -> None:
    member, redemption_id = issued_code(session, keys)

    with pytest.raises(CodeUnreadable):
        read_own_code(session, redemption_id, account_id=member, keys=new_keys(), now=NOW)


def test_a_last_day_is_kept_with_its_code(session: Session, keys: CodeKeys) -> None:
    member, redemption_id = issued_code(session, keys, code=f"{SECRET},2026-12-31")

    shown = read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW)

    assert shown.expires_on == date(2026, 12, 31)
