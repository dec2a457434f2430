"""The fast check of events takes nothing that the schema refuses, and gives the same values."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from rewards.api.event_shape import EventIn, _quick, event_from, event_of
from rewards.earning.events import Event

SCHEMA = EventIn()
GOOD = {"id": "1", "type": "post.created", "member_id": "minji", "occurred_at": "2026-03-04T11:59:00+09:00"}

texts = st.text(max_size=300) | st.sampled_from(
    [
        "",
        "a",
        "attendance",
        "post.created",
        "Post",
        "a\n",
        "\x00",
        "\x85",
        "x" * 64,
        "x" * 65,
        "x" * 255,
        "x" * 256,
        "\\u0000",
    ]
)
times = st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()) | st.sampled_from(
    [
        "2026-03-04T11:59:00Z",
        "2026-03-04t11:59:00.1234567z",
        "2026-03-04T11:59:00",
        "2026-03-04 11:59:00Z",
        "2026-03-04T24:00:00Z",
        "2026-03-04T11:59:60Z",
        "2026-03-04T11:59:00+24:00",
        "0001-01-01T00:00:00+09:00",
        "9999-12-31T23:59:59-09:00",
        "1969-12-31T23:59:59Z",
        "２０２６-03-04T11:59:00Z",
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
items = st.fixed_dictionaries(
    {},
    optional={
        "source": texts | json_values,
        "id": texts | json_values,
        "type": texts | st.from_regex(r"[a-z.]{1,20}", fullmatch=True) | json_values,
        "member_id": texts | json_values,
        "occurred_at": times | json_values,
        "subject": texts | json_values,
        "board": texts | json_values,
        "data": st.dictionaries(texts, json_values, max_size=3) | json_values,
        "colour": texts,
    },
).map(lambda fields: GOOD | fields)


@given(items | json_values)
@example(GOOD | {"data": {"a": "\x00"}})
@example(GOOD | {"data": {"a": "\\u0000"}})
@example(GOOD | {"source": None, "subject": None, "board": None})
@example(GOOD | {"type": "post.created\n"})
@example(GOOD | {"data": {"a": "x" * 16_384}})
def test_the_fast_check_agrees_with_the_schema(item: Any) -> None:
    quick = _quick(item, "forum")
    checked = by_schema(item)

    assert quick is None or quick == checked
    assert by_both(item) == checked


def by_schema(item: Any) -> Event | None:
    try:
        loaded = SCHEMA.load(item)
    except ValidationError:
        return None
    assert isinstance(loaded, dict)
    return event_of(loaded, source="forum")


def by_both(item: Any) -> Event | None:
    try:
        return event_from(item, source="forum")
    except ValidationError:
        return None


def test_what_the_forum_usually_sends_needs_no_schema() -> None:
    full = GOOD | {"source": "shop", "subject": "post:1", "board": "free", "data": {"length": 412, "tags": ["a"]}}

    assert _quick(GOOD, "forum") is not None
    assert _quick(full, "forum") is not None
