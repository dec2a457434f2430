"""The stock of codes by state and last day; what would become of lines before they are taken in."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.code_stock import CodeStock, Expiring, code_stock
from market.codes import CodeKeys, Imported, check_codes, import_codes
from market.redemptions import claim, fulfil
from tests.support.market import NOW, PRICE, STAFF, TODAY, after, ask, member_with, product_with

SOON, LATER = TODAY + timedelta(days=2), TODAY + timedelta(days=90)
LINE = st.one_of(
    st.sampled_from(["A-1", "A-2", "A-1,2027-01-31", "B-1,", ",", "", "code", "C\x01D", "A,B,C", "D-1,soon"]),
    st.from_regex(r"[A-Z0-9]{1,8}(,20[0-9]{2}-[01][0-9]-[0-3][0-9])?", fullmatch=True),
    st.from_regex(r"[A-Z0-9]{1,8}\t20[0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True),
    st.text(max_size=12),
    st.just("x" * 256),
)


def test_each_code_counts_in_its_state_and_those_left_by_their_last_day(session: Session, keys: CodeKeys) -> None:
    lines = [f"A-1,{TODAY}", f"A-2,{SOON}", f"A-3,{SOON}", f"A-4,{LATER}", "A-5", "A-6"]
    card, other = product_with(session, codes=lines, keys=keys), product_with(session, codes=["B-1"], keys=keys)
    member = member_with(session, 10 * PRICE)
    fulfilled = ask(session, member, card)
    claim(session, fulfilled.redemption_id, actor=STAFF, now=NOW)
    fulfil(session, fulfilled.redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)
    ask(session, member, card)

    assert code_stock(session, card.product_id, today=TODAY) == CodeStock(
        available=4,
        reserved=1,
        issued=1,
        lapsed=0,
        by_expiry=(
            Expiring(expires_on=SOON, codes=1),
            Expiring(expires_on=LATER, codes=1),
            Expiring(expires_on=None, codes=2),
        ),
    )
    assert code_stock(session, other.product_id, today=TODAY).available == 1
    past = code_stock(session, card.product_id, today=LATER + timedelta(days=1))
    assert (past.available, past.lapsed) == (2, 2)


def test_a_product_without_codes_has_none(session: Session) -> None:
    card = product_with(session)

    assert code_stock(session, card.product_id, today=TODAY) == CodeStock(
        available=0, reserved=0, issued=0, lapsed=0, by_expiry=()
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, max_size=12))
def test_trying_lines_says_what_taking_them_in_does_and_stores_nothing(
    session: Session, keys: CodeKeys, lines: list[str]
) -> None:
    with session.begin_nested() as savepoint:
        card = product_with(session, codes=["A-1"], keys=keys)
        tried = check_codes(session, card.product_id, lines=lines, keys=keys, today=TODAY)
        stored = session.execute(text("select count(*) from code")).scalar()

        done = import_codes(session, card.product_id, lines=lines, keys=keys, today=TODAY, now=after(minutes=1))
        again = check_codes(session, card.product_id, lines=lines, keys=keys, today=TODAY)

        assert tried == done
        assert stored == 1
        assert len(done.refused) + done.codes <= len(lines)
        assert [line.number for line in done.refused] == sorted({line.number for line in done.refused})
        assert again == Imported(0, again.refused)
        assert len(again.refused) == len(done.refused) + done.codes
        savepoint.rollback()


def test_columns_copied_from_a_spreadsheet_are_read_like_csv(session: Session, keys: CodeKeys) -> None:
    card = product_with(session)
    lines = ["코드\t유효 기간", f"A-1\t{LATER}", '"A-2"\t', "A-3", f"A-4\t{LATER}\tmore"]

    done = import_codes(session, card.product_id, lines=lines, keys=keys, today=TODAY, now=NOW)

    assert (done.codes, [(line.number, line.problem) for line in done.refused]) == (3, [(5, "too_many_columns")])
    assert code_stock(session, card.product_id, today=TODAY).by_expiry == (
        Expiring(expires_on=LATER, codes=1),
        Expiring(expires_on=None, codes=2),
    )
