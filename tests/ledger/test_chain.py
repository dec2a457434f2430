"""The encoding under the heads: no two rows may look the same to it."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import DECISION_DOMAIN, ENTRY_DOMAIN, Field, encode, link

texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
raws = st.none() | st.binary(max_size=6)
numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
dates = st.none() | st.dates()
ids = st.none() | st.uuids()
moments = st.datetimes(timezones=st.just(UTC))
rows = st.tuples(texts, texts, raws, raws, numbers, dates, ids, moments, texts, st.booleans())


def joined(fields: tuple[Field, ...]) -> bytes:
    return b"".join(encode(field) for field in fields)


@given(one=rows, other=rows)
def test_two_rows_of_one_shape_are_encoded_alike_only_if_they_are_equal(
    one: tuple[Field, ...], other: tuple[Field, ...]
) -> None:
    assert (joined(one) == joined(other)) == (one == other)


@given(left=texts, right=texts, cut=st.integers(0, 6))
def test_a_border_between_two_fields_does_not_move_unseen(left: str | None, right: str | None, cut: int) -> None:
    whole = (left or "") + (right or "")
    moved = (whole[:cut], whole[cut:])

    assert (joined((left, right)) == joined(moved)) == ((left, right) == moved)


@pytest.mark.parametrize(
    "one, other",
    [
        ((None,), ("",)),
        ((None, ""), ("", None)),
        (("ab", "c"), ("a", "bc")),
        (("a", None), (None, "a")),
        ((None, None), (None,)),
        ((0,), (None,)),
        ((0, 0), (0,)),
        ((-1,), (2**63 - 1,)),
        ((date(2026, 1, 1),), (date(2026, 1, 2),)),
        (("\xff\xff\xff\xff",), (None,)),
        ((b"\xff\xff\xff\xff",), (None,)),
    ],
)
def test_tricky_neighbours_are_told_apart(one: tuple[Field, ...], other: tuple[Field, ...]) -> None:
    assert joined(one) != joined(other)


@given(fields=st.lists(texts | numbers | moments | ids, max_size=6))
def test_the_encoding_can_be_read_back_so_nothing_is_lost_in_it(fields: list[Field]) -> None:
    encoded, lengths = joined(tuple(fields)), list[int | None]()
    while encoded:
        head, encoded = encoded[:4], encoded[4:]
        length = None if head == b"\xff\xff\xff\xff" else int.from_bytes(head, "big")
        lengths.append(length)
        encoded = encoded[length or 0 :]

    assert [length is None for length in lengths] == [field is None for field in fields]


@given(moment=moments, hours=st.integers(-12, 14))
def test_an_instant_is_encoded_alike_in_every_zone(moment: datetime, hours: int) -> None:
    if timedelta(days=1) < moment - datetime.min.replace(tzinfo=UTC) < timedelta(days=3_652_000):
        assert encode(moment.astimezone(timezone(timedelta(hours=hours)))) == encode(moment)


@given(moment=moments)
def test_a_microsecond_makes_a_difference(moment: datetime) -> None:
    if moment < datetime.max.replace(tzinfo=UTC):
        assert encode(moment) != encode(moment + timedelta(microseconds=1))


def test_known_links_stay_as_they_are() -> None:
    """Heads that were written must be found again by every later version."""
    fields = (UUID(int=1), 1, -5, "charge", None, True, datetime(2026, 3, 4, 3, tzinfo=UTC), date(2026, 3, 2), b"\x00")

    head = link(fields, domain=ENTRY_DOMAIN, previous=bytes(32))

    assert head.hex() == KNOWN_ENTRY
    assert link(fields, domain=DECISION_DOMAIN, previous=bytes(32)) != head
    assert link(fields, domain=ENTRY_DOMAIN, previous=bytes(31) + b"\x01") != head


KNOWN_ENTRY = "7cd6cd26195bf70ff95de641114f001199439fbea14f91831fdb06c8a61219a0"
