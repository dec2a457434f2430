"""What the demo sends is always the same, and what the issue of a forum would be."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rewards.api.event_shape import event_from
from rewards.demo.messages import (
    Message,
    events_of,
    first_meetings,
    first_of_each_day,
    moved,
    read_messages,
    shift_weeks_for,
    split_into_weeks,
)
from rewards.demo.names import GREETINGS, greeting_of, name_of
from rewards.ranking.seasons import Calendar

SEOUL = Calendar(ZoneInfo("Asia/Seoul"))
MESSAGES = read_messages()
AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("later_s", [0, 1, 604_799])
def test_nothing_lies_in_the_future_and_a_week_more_would(later_s: int) -> None:
    now = MESSAGES[-1].sent_at + timedelta(weeks=1100, seconds=later_s)

    weeks = shift_weeks_for(MESSAGES, now=now)

    latest = moved(MESSAGES, weeks=weeks)[-1].sent_at
    assert latest <= now < latest + timedelta(weeks=1)


def test_the_weeks_hold_every_message_once_and_in_order() -> None:
    weeks = split_into_weeks(MESSAGES, calendar=SEOUL)

    assert [message for week in weeks for message in week.messages] == MESSAGES
    assert all(w.bounds.starts_at <= m.sent_at < w.bounds.ends_at for w in weeks for m in w.messages)
    assert all(earlier.bounds.ends_at == later.bounds.starts_at for earlier, later in pairwise(weeks))
    assert len(weeks) == 29


def test_a_week_without_a_message_is_left_out() -> None:
    messages = [Message(1, "member-1", "member-2", AT), Message(2, "member-2", "member-1", AT + timedelta(weeks=3))]

    weeks = split_into_weeks(messages, calendar=SEOUL)

    assert [week.messages for week in weeks] == [[messages[0]], [messages[1]]]


def test_a_message_is_joining_a_comment_and_a_reply() -> None:
    messages = [Message(1, "member-1", "member-2", AT), Message(2, "member-1", "member-2", AT)]

    events = list(events_of(messages, first=first_meetings(messages)))

    assert [(event["id"], event["type"], event["member_id"]) for event in events] == [
        ("member:member-1:joined", "member.joined", "member-1"),
        ("member:member-2:joined", "member.joined", "member-2"),
        ("message:1:sent", "comment.created", "member-1"),
        ("message:1:received", "reply.received", "member-2"),
        ("message:2:sent", "comment.created", "member-1"),
        ("message:2:received", "reply.received", "member-2"),
    ]
    assert {event.get("subject") for event in events[2:4]} == {"message:1"}
    assert event_from(events[2], source="forum").occurred_at == AT


def test_the_first_message_of_a_community_day_is_the_check_in() -> None:
    before, after = datetime(2026, 3, 2, 14, 59, tzinfo=UTC), datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    messages = [Message(n, "member-1", "member-2", at) for n, at in enumerate((AT, before, after), start=1)]

    firsts = first_of_each_day(messages, calendar=SEOUL)

    assert [(first.member_id, first.sent_at) for first in firsts] == [("member-1", AT), ("member-1", after)]


def test_everybody_has_a_name_that_stays_and_can_be_shown() -> None:
    names = {member_id: name_of(member_id) for member_id in first_meetings(MESSAGES)}

    assert names == {member_id: name_of(member_id) for member_id in names}
    assert all(1 <= len(name) <= 80 and name == name.strip() for name in names.values())
    assert len(set(names.values())) > 0.9 * len(names)
    korean = sum(any("가" <= letter <= "힣" for letter in name) for name in names.values())
    assert 0.6 < korean / len(names) < 0.8


def test_some_greet_and_most_just_check_in() -> None:
    said = [greeting_of(f"member-{number}", "2026-03-02") for number in range(1, 400)]

    greeted = [greeting for greeting in said if greeting]
    assert 0.2 < len(greeted) / len(said) < 0.4
    assert set(greeted) <= set(GREETINGS)
