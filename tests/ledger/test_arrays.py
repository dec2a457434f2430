"""Array literals written by hand must come back from PostgreSQL as what went in, whatever a forum calls its things."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import array, columns

words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
tricky = st.sampled_from(
    ["", " ", "null", "NULL", "{}", "{a,b}", ",", '"', '\\"', "\\", "\\\\", "'", "\n", "\t", "é", "점", " a ", "\\x00"]
)
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 -- Hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 -- the same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3, minutes=-30))]),
)
kinds: dict[str, st.SearchStrategy[Any]] = {
    "text": words | tricky,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "bytea": st.binary(max_size=40),
    "boolean": st.booleans(),
    "uuid": st.uuids(),
    "date": st.dates(min_value=date(1, 1, 1)),
    "timestamptz": moments,
}


@pytest.mark.parametrize("kind", sorted(kinds))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_goes_in_comes_back(session: Session, kind: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(st.none() | kinds[kind], max_size=8))

    returned = session.scalar(text(f"select cast(:items as {kind}[])"), {"items": array(items)})

    assert [bytes(item) if isinstance(item, memoryview) else item for item in returned or []] == items


def test_columns_stand_beside_each_other() -> None:
    assert columns([("a", 1, True), ("b", 2, False)]) == ('{"a","b"}', "{1,2}", "{t,f}")


def test_an_id_is_written_as_it_is() -> None:
    known = UUID("01890000-0000-7000-8000-000000000001")

    assert array([known, None]) == "{01890000-0000-7000-8000-000000000001,null}"
