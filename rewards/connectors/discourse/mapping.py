"""What a webhook of Discourse means here. Pure.

A topic's first post is a post, every other one a comment; whispers, small actions and private messages are neither.
Ids come from Discourse's own rows and numbers, so that what it sends again has the id of the first time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from rewards.earning.events import Event

SOURCE = "discourse"
REGULAR_POST = 1
LENGTH_OF_NAMES = 64
MemberIs = Literal["id", "username"]


class NotUnderstood(Exception):
    """The payload lacks something that this webhook has always had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook as it came in: `X-Discourse-Event`, `X-Discourse-Event-Id`, the body; when it arrived (aware)."""

    name: str
    delivery_id: str
    payload: Mapping[str, Any]
    arrived_at: datetime
    member_is: MemberIs


@dataclass(frozen=True, slots=True)
class Understood:
    """The event that a webhook means, if it means one, and the display names that came with it, by member."""

    event: Event | None
    names: Mapping[str, str]


def understand(delivery: Delivery) -> Understood:
    """What the webhook means. Raises NotUnderstood."""
    meaning = _MEANINGS.get(delivery.name)
    if meaning is None:
        return Understood(None, {})
    try:
        return meaning(delivery)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotUnderstood(f"{delivery.name}: {type(error).__name__} {error}") from error


def _post(delivery: Delivery) -> Understood:
    post = delivery.payload["post"]
    if not _counts(post):
        return Understood(None, {})
    what = _what(post)
    happened = delivery.name.removeprefix("post_")
    change = {"created": "created", "destroyed": "deleted", "recovered": "restored"}[happened]
    subject = _subject(post)
    if change == "created":
        event_id, at = f"{subject}:created", _time(post["created_at"])
    else:
        # Discourse sends the same number again when it sends the same webhook again.
        event_id, at = f"{subject}:{change}:{delivery.delivery_id}", delivery.arrived_at
    return _understood(
        delivery,
        Event(
            source=SOURCE,
            id=event_id,
            type=f"{what}.{change}",
            member_id=_member(delivery, post),
            occurred_at=at,
            subject=subject,
            board=post.get("category_slug") or None,
            data={"length": len(post.get("raw") or ""), "topic_id": post["topic_id"]} if change == "created" else {},
        ),
        named=post,
    )


def _topic(delivery: Delivery) -> Understood:
    """A topic that goes or comes back takes its first post along; that one's own webhook then finds nothing to do."""
    topic = delivery.payload["topic"]
    if topic.get("archetype", "regular") != "regular":
        return Understood(None, {})
    change = {"destroyed": "deleted", "recovered": "restored"}[delivery.name.removeprefix("topic_")]
    author = topic["created_by"]
    subject = f"topic:{topic['id']}"
    event = Event(
        source=SOURCE,
        id=f"{subject}:{change}:{delivery.delivery_id}",
        type=f"post.{change}",
        member_id=_member(delivery, {"user_id": author["id"], "username": author["username"]}),
        occurred_at=delivery.arrived_at,
        subject=subject,
    )
    return _understood(delivery, event, named={"user_id": author["id"], **author})


def _like(delivery: Delivery) -> Understood:
    like = delivery.payload["like"]
    post, liker = like["post"], like["user"]
    if not _counts(post) or post["user_id"] == liker["id"]:
        return Understood(None, {})
    event = Event(
        source=SOURCE,
        id=f"{_subject(post)}:liked:{liker['id']}",
        type="like.received",
        member_id=_member(delivery, post),
        occurred_at=delivery.arrived_at,
        subject=_subject(post),
        board=post.get("category_slug") or None,
        data={"by": _member(delivery, {"user_id": liker["id"], "username": liker["username"]})},
    )
    return _understood(delivery, event, named=post)


def _user(delivery: Delivery) -> Understood:
    user = delivery.payload["user"]
    who = {"user_id": user["id"], "username": user["username"], "name": user.get("name")}
    member_id = _member(delivery, who)
    if delivery.name == "user_created":
        event_id, type_, at = f"user:{user['id']}:created", "member.joined", _time(user["created_at"])
    else:
        event_id, type_, at = f"user:{user['id']}:login:{delivery.delivery_id}", "login", delivery.arrived_at
    event = Event(source=SOURCE, id=event_id, type=type_, member_id=member_id, occurred_at=at)
    return _understood(delivery, event, named=who)


_MEANINGS: Mapping[str, Callable[[Delivery], Understood]] = {
    "post_created": _post,
    "post_destroyed": _post,
    "post_recovered": _post,
    "topic_destroyed": _topic,
    "topic_recovered": _topic,
    "post_liked": _like,
    "user_created": _user,
    "user_logged_in": _user,
}


def _counts(post: Mapping[str, Any]) -> bool:
    return post.get("post_type", REGULAR_POST) == REGULAR_POST and post.get("topic_archetype", "regular") == "regular"


def _what(post: Mapping[str, Any]) -> str:
    return "post" if post["post_number"] == 1 else "comment"


def _subject(post: Mapping[str, Any]) -> str:
    return f"topic:{int(post['topic_id'])}" if post["post_number"] == 1 else f"post:{int(post['id'])}"


def _member(delivery: Delivery, who: Mapping[str, Any]) -> str:
    member_id = str(int(who["user_id"])) if delivery.member_is == "id" else str(who["username"])
    if not 1 <= len(member_id) <= LENGTH_OF_NAMES:
        raise ValueError("a member's id has 1 to 64 characters")
    return member_id


def _time(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError(f"{said} has no offset")
    return moment


def _understood(delivery: Delivery, event: Event, *, named: Mapping[str, Any]) -> Understood:
    name = str(named.get("name") or named.get("username") or "").strip()[:LENGTH_OF_NAMES]
    return Understood(event, {_member(delivery, named): name} if name.isprintable() and name else {})
