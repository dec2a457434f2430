"""A day in the community: what forum, members and staff do beside the history. Over the API, harmless twice.

All of it is told from the moment at which the demo was begun, so that a run that goes on later sends the same.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Any

from rewards.demo.calls import Calls
from rewards.demo.desk import Desk
from rewards.demo.messages import Message

BOT, BOT_NAME = "helper-bot", "🤖 알림이"
SUSPENDED, SUSPENDED_NAME = "loud-neighbour", "홍보왕 1등"
OPTED_OUT_PLACE = 34
"""Of those who wrote most, from 0: far enough down that nobody misses them."""
WINDOW = timedelta(hours=9)
WRITERS = 40
STEPS = 4
MARKS = {"hide": "hidden", "suspend": "suspended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is there, and when. `busiest` wrote most, most first; `last_week` is the latest that was settled."""

    forum: Calls
    desk: Desk
    member: Callable[[str], Calls]
    busiest: Sequence[str]
    midnight: datetime
    began: datetime
    last_week: date | None


def busiest_of(messages: Sequence[Message]) -> list[str]:
    """The members in the order of how much they wrote."""
    return [member_id for member_id, _ in Counter(message.sender for message in messages).most_common()]


def run_life(scene: Scene, *, tell: Callable[[int], object]) -> None:
    """Let it all happen."""
    for part in (_write, _keep_off, _correct, _take_back):
        part(scene)
        tell(1)


def _write(scene: Scene) -> None:
    """Posts, comments and likes of today until now; one comment is thought better of."""
    scene.forum.post_events(sorted(_events_of_today(scene), key=lambda event: event["occurred_at"]))
    for writer in scene.busiest[:1]:
        scene.forum.post_events([_event("comment:0", writer, kind="comment.deleted", at=scene.began)])


def _events_of_today(scene: Scene) -> Iterator[dict[str, Any]]:
    start = max(scene.midnight, scene.began - WINDOW)
    for number, member_id in enumerate(scene.busiest[:WRITERS]):
        dice = blake2s(f"today {member_id}".encode(), digest_size=8).digest()
        at = start + (scene.began - start) * (dice[0] / 256)
        board = ("free", "qna", "free")[dice[1] % 3]
        thing = "post" if number % 3 == 0 else "comment"
        if thing == "post":
            yield _event(f"post:{number}", member_id, kind="post.created", at=at, board=board)
        yield _event(f"comment:{number}", member_id, kind="comment.created", at=at, board=board)
        for like in range(dice[2] % 12):
            yield _event(f"{thing}:{number}", member_id, kind="like.received", at=at, board=board, nth=like)


def _event(
    subject: str, member_id: str, *, kind: str, at: datetime, board: str = "free", nth: int = 0
) -> dict[str, Any]:
    return {
        "id": f"today:{subject}:{kind}:{nth}",
        "type": kind,
        "member_id": member_id,
        "occurred_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": f"today:{subject}",
        "board": board,
    }


def _keep_off(scene: Scene) -> None:
    """A bot, which staff hide; somebody whom they suspend; and one who does not want to be seen."""
    for member_id, name, step in ((BOT, BOT_NAME, "hide"), (SUSPENDED, SUSPENDED_NAME, "suspend")):
        scene.forum.put(f"/v1/members/{member_id}", {"name": name})
        times = [scene.began - timedelta(seconds=20 * number) for number in range(4)]
        scene.forum.post_events(
            _event(f"{member_id}:{number}", member_id, kind="comment.created", at=at) for number, at in enumerate(times)
        )
        mark = MARKS[step]
        if not scene.desk.manager.get(f"/v1/staff/members/{member_id}")[mark]:
            scene.desk.manager.post(f"/v1/staff/members/{member_id}/{step}", {mark: True})
    for member_id in scene.busiest[OPTED_OUT_PLACE : OPTED_OUT_PLACE + 1]:
        with closing(scene.member(member_id)) as member:
            member.put(f"/v1/members/{member_id}", {"opted_out": True})


def _correct(scene: Scene) -> None:
    """Points for help with something outside of the forum, and a few taken for a double."""
    corrections = (
        (1, 300, "가을 벼룩시장 준비를 도와줬어요."),
        (4, -20, "같은 글이 두 번 올라왔어요. (Posted twice.)"),
    )
    for place, points, reason in corrections:
        for member_id in scene.busiest[place : place + 1]:
            body = {"member_id": member_id, "points": points, "reason": reason}
            scene.desk.manager.post("/v1/staff/adjustments", body, key=f"demo:adjust:{place}")


def _take_back(scene: Scene) -> None:
    """An award of a week that is settled already: the points go, the standing stays, and staff see it listed."""
    if scene.last_week is None:
        return
    third = scene.forum.get(f"/v1/seasons/{scene.last_week}/standings?limit=3")["items"][-1]["member"]["id"]
    award = next((entry for entry in _entries(scene.forum, third) if _is_award_of(entry, scene.last_week)), None)
    if award is not None:
        body = {"member_id": third, "seq": award["seq"], "reason": "다른 사이트의 글을 그대로 옮긴 댓글이었어요."}
        scene.desk.manager.post("/v1/staff/reversals", body, key=f"demo:reversal:{scene.last_week}")


def _is_award_of(entry: dict[str, Any], week: date) -> bool:
    return entry["kind"] == "award" and entry["season"] == week.isoformat() and "comment" in entry["contra"]


def _entries(forum: Calls, member_id: str) -> Iterator[dict[str, Any]]:
    """A member's entries, newest first."""
    cursor = ""
    while True:
        page = forum.get(f"/v1/members/{member_id}/entries?limit=100{cursor}")
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
