"""What the database itself refuses, whoever asks: edges that are not listed, changes of what is fixed, removals."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.orm import Session

from ledger.tables import Base
from market.codes import CodeKeys
from market.products import find_product
from market.redemptions import cancel, claim, expire_waiting, fulfil, reject
from market.tables import REDEMPTION_EDGES
from tests.support.market import NOW, PRICE, STAFF, TODAY, after, ask, member_with, product_with

STATES = ("requested", "awaiting_approval", "claimed", "fulfilled", "rejected", "cancelled", "expired")
REFUSED_EDGES = sorted(set(permutations(STATES, 2)) - {tuple(edge.split(">")) for edge in REDEMPTION_EDGES})
CODE_STATES = ("available", "reserved", "issued", "lapsed")
CODE_EDGES = {tuple(edge.split(">")) for edge in Base.metadata.tables["code"].info["edges"]}
Superuser = psycopg.Connection[Any]


def put(session: Session, state: str, *, keys: CodeKeys) -> UUID:
    """A redemption in that state, reached by its steps."""
    member, card = member_with(session, PRICE), product_with(session, codes=["A"], keys=keys)
    if state == "awaiting_approval":
        card = product_with(session, codes=["B"], keys=keys, needs_approval=True)
    redemption_id = ask(session, member, card).redemption_id
    if state in ("claimed", "fulfilled"):
        claim(session, redemption_id, actor=STAFF, now=NOW)
    if state == "fulfilled":
        fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)
    if state == "rejected":
        reject(session, redemption_id, actor=STAFF, reason="no", now=NOW)
    if state == "cancelled":
        cancel(session, redemption_id, account_id=member, now=NOW)
    if state == "expired":
        expire_waiting(session, older_than=timedelta(days=30), limit=1, now=after(days=31))
    session.commit()
    return redemption_id


def refuse(
    connection: Superuser,
    statement: str,
    parameters: tuple[object, ...] = (),
    *,
    by: type[psycopg.IntegrityError] = psycopg.errors.IntegrityConstraintViolation,
) -> None:
    with pytest.raises(by):
        connection.execute(statement.encode(), parameters)


@pytest.mark.parametrize("state", STATES)
def test_a_redemption_moves_along_listed_edges_only_even_for_a_superuser(
    session: Session, keys: CodeKeys, superuser: Superuser, state: str
) -> None:
    redemption_id = put(session, state, keys=keys)

    for source, target in REFUSED_EDGES:
        if source == state:
            refuse(superuser, "update redemption set state = %s where redemption_id = %s", (target, redemption_id))


@pytest.mark.parametrize("state", ["fulfilled", "rejected", "cancelled", "expired"])
def test_a_redemption_at_its_end_changes_no_more(
    session: Session, keys: CodeKeys, superuser: Superuser, state: str
) -> None:
    redemption_id = put(session, state, keys=keys)

    refuse(superuser, "update redemption set claimed_by = 'staff:x' where redemption_id = %s", (redemption_id,))
    refuse(superuser, "update redemption set code_id = null where redemption_id = %s", (redemption_id,))


@pytest.mark.parametrize(
    "column, value", [("points", 1), ("origin", "prize"), ("requested_at", NOW), ("hold_id", None)]
)
def test_what_was_asked_for_is_fixed(
    session: Session, keys: CodeKeys, superuser: Superuser, column: str, value: object
) -> None:
    redemption_id = put(session, "claimed", keys=keys)
    value = after(days=1) if column == "requested_at" else value

    refuse(superuser, f"update redemption set {column} = %s where redemption_id = %s", (value, redemption_id))


@pytest.mark.parametrize("state", [state for state in STATES if state != "requested"])
def test_a_redemption_begins_as_requested(session: Session, keys: CodeKeys, superuser: Superuser, state: str) -> None:
    put(session, "requested", keys=keys)

    refuse(
        superuser,
        "insert into redemption (redemption_id, account_id, product_id, origin, points, state, requested_at)"
        " select gen_random_uuid(), account_id, product_id, 'prize', 0, %s, requested_at from redemption",
        (state,),
    )


@pytest.mark.parametrize("state", CODE_STATES)
def test_a_code_moves_along_listed_edges_only_and_keeps_its_secret(
    session: Session, keys: CodeKeys, superuser: Superuser, state: str
) -> None:
    product_with(session, codes=["A"], keys=keys)
    session.commit()
    for step in {"issued": ("reserved", "issued")}.get(state, (state,) if state != "available" else ()):
        superuser.execute("update code set state = %s", (step,))

    for target in CODE_STATES:
        if target != state and (state, target) not in CODE_EDGES:
            refuse(superuser, "update code set state = %s", (target,))
    refuse(superuser, "update code set ciphertext = 'other'")
    refuse(superuser, "update code set digest = 'other'")


@pytest.mark.parametrize("table", ["redemption", "redemption_history", "code", "code_reading", "hold", "hold_history"])
def test_nothing_of_the_market_is_removed(session: Session, keys: CodeKeys, superuser: Superuser, table: str) -> None:
    put(session, "fulfilled", keys=keys)

    refuse(superuser, f"delete from {table}")
    refuse(superuser, f"truncate {table} cascade")


def test_a_line_of_history_and_of_reading_is_never_rewritten(
    session: Session, keys: CodeKeys, superuser: Superuser
) -> None:
    put(session, "fulfilled", keys=keys)

    refuse(superuser, "update redemption_history set actor = 'staff:other'")
    refuse(superuser, "update code_reading set actor = 'staff:other'")


def test_a_number_never_goes_below_nothing(session: Session, superuser: Superuser) -> None:
    card = product_with(session, stock="number", quantity=0)
    session.commit()

    refuse(superuser, "update product set quantity = quantity - 1", by=psycopg.errors.CheckViolation)

    assert find_product(session, card.product_id, today=TODAY).left == 0


def test_two_redemptions_never_share_a_code_or_a_hold(session: Session, keys: CodeKeys, superuser: Superuser) -> None:
    put(session, "requested", keys=keys)

    refuse(
        superuser,
        "insert into redemption (redemption_id, account_id, product_id, origin, points, state, code_id, requested_at)"
        " select gen_random_uuid(), account_id, product_id, 'prize', 0, 'requested', code_id, requested_at"
        " from redemption",
        by=psycopg.errors.UniqueViolation,
    )
    refuse(
        superuser,
        "insert into redemption (redemption_id, account_id, product_id, hold_id, origin, points, state, requested_at)"
        " select gen_random_uuid(), account_id, product_id, hold_id, 'market', points, 'requested', requested_at"
        " from redemption",
        by=psycopg.errors.UniqueViolation,
    )
