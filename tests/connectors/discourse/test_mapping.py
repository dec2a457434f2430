"""What Discourse sends, as events: payloads are shaped as Discourse's own serializers write them."""

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.connectors.discourse.mapping import Delivery, NotUnderstood, understand
from rewards.connectors.discourse.signature import is_signed
from tests.support.clock import START

PAYLOADS = Path(__file__).with_name("payloads")
NAMES = {
    "reply_created": "post_created",
    "reply_destroyed": "post_destroyed",
    "reply_recovered": "post_recovered",
    "whisper_created": "post_created",
    "message_created": "post_created",
}
"""Of files that are not called as their webhook is."""


def delivery(file: str, *, delivery_id: str = "311") -> Delivery:
    payload = json.loads((PAYLOADS / f"{file}.json").read_text())
    name = NAMES.get(file, file)
    return Delivery(name=name, delivery_id=delivery_id, payload=payload, arrived_at=START, member_is="id")


@pytest.mark.parametrize(
    "file, type_, member_id, subject, event_id",
    [
        ("post_created", "post.created", "7", "topic:5120", "topic:5120:created"),
        ("reply_created", "comment.created", "9", "post:81240", "post:81240:created"),
        ("reply_destroyed", "comment.deleted", "9", "post:81240", "post:81240:deleted:311"),
        ("reply_recovered", "comment.restored", "9", "post:81240", "post:81240:restored:311"),
        ("topic_destroyed", "post.deleted", "7", "topic:5120", "topic:5120:deleted:311"),
        ("topic_recovered", "post.restored", "7", "topic:5120", "topic:5120:restored:311"),
        ("post_liked", "like.received", "7", "topic:5120", "topic:5120:liked:9"),
        ("user_created", "member.joined", "7", None, "user:7:created"),
        ("user_logged_in", "login", "7", None, "user:7:login:311"),
    ],
)
def test_each_webhook_is_its_event(file: str, type_: str, member_id: str, subject: str | None, event_id: str) -> None:
    event = understand(delivery(file)).event

    assert event is not None
    assert (event.type, event.member_id, event.subject, event.id) == (type_, member_id, subject, event_id)


def test_a_post_occurred_when_discourse_says_on_the_board_of_its_category() -> None:
    event = understand(delivery("post_created")).event

    assert event is not None
    assert event.occurred_at == datetime(2026, 3, 4, 2, 58, 1, 482000, tzinfo=UTC)
    assert event.board == "free"
    assert event.data == {"length": 24, "topic_id": 5120}


@pytest.mark.parametrize("file", ["whisper_created", "message_created", "ping"])
def test_what_no_reader_sees_earns_nothing(file: str) -> None:
    assert understand(delivery(file)).event is None


def test_nobody_likes_themselves() -> None:
    liked = delivery("post_liked")
    payload: dict[str, Any] = json.loads(json.dumps(liked.payload))
    payload["like"]["user"]["id"] = payload["like"]["post"]["user_id"]

    assert understand(replace(liked, payload=payload)).event is None


def test_a_member_may_be_their_username() -> None:
    event = understand(replace(delivery("post_created"), member_is="username")).event

    assert event is not None
    assert event.member_id == "minji"


def test_names_come_along() -> None:
    assert understand(delivery("post_created")).names == {"7": "민지"}
    assert understand(delivery("reply_created")).names == {"9": "jun"}, "who gives no name is called as they sign in"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(name=st.sampled_from(["post_created", "post_liked", "topic_destroyed", "user_created"]), payload=_JSON)
def test_whatever_else_comes_is_refused_and_breaks_nothing(name: str, payload: Any) -> None:
    strange = Delivery(name=name, delivery_id="1", payload=payload, arrived_at=START, member_is="id")

    with pytest.raises(NotUnderstood):
        understand(strange)


_SECRETS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(body=st.binary(max_size=200), secret=_SECRETS, other=_SECRETS)
def test_only_the_secret_signs_and_only_this_body(body: bytes, secret: str, other: str) -> None:
    signature = "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()

    assert is_signed(body, signature=signature, secret=secret)
    assert is_signed(body, signature=signature, secret=other) == (other == secret)
    assert not is_signed(body + b" ", signature=signature, secret=secret)
    assert not is_signed(body, signature=signature.removeprefix("sha256="), secret=secret)
