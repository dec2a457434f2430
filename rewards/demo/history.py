"""Feed the messages week after week: what the operator does for each week, and what the forum sends of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from threading import Event
from typing import Any, TypeVar
from zlib import crc32

from rewards.attendance.attend import Arrival
from rewards.demo.calls import Calls
from rewards.demo.messages import Message, Week, events_of, first_of_each_day
from rewards.demo.names import greeting_of, name_of
from rewards.ranking.seasons import Bounds, Calendar

BATCH = 2000
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What whoever runs the service does between the forum's calls, as by `rewards settle` and `rewards import`.

    `settled` are the seasons that are over and done with. `open_week` answers False for a week that opens by itself.
    """

    settled: Callable[[], frozenset[date]]
    open_week: Callable[[Bounds], bool]
    bring_in_members: Callable[[Mapping[str, str]], object]
    bring_in_check_ins: Callable[[Sequence[Arrival]], object]
    settle: Callable[[Bounds], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the messages go. `calls`: one connection for each thread; `tell` is told of events that were decided."""

    operator: Operator
    calls: Sequence[Calls]
    calendar: Calendar
    first: Mapping[str, int]
    tell: Callable[[int], object]
    _stopped: Event = field(default_factory=Event)

    def week(self, week: Week) -> None:
        """Feed one week: open it, bring new members and check-ins in, send its events, settle it.

        Stopped anywhere and run again it ends in the same state.
        """
        opened = self.operator.open_week(week.bounds)
        self.operator.bring_in_members(self._names_of_new(week.messages))
        self.operator.bring_in_check_ins(arrivals_of(week.messages, calendar=self.calendar))
        self._send_events(week.messages)
        if opened:
            self.operator.settle(week.bounds)

    def _names_of_new(self, messages: Sequence[Message]) -> dict[str, str]:
        numbers = {message.number for message in messages}
        return {member_id: name_of(member_id) for member_id, number in self.first.items() if number in numbers}

    def _send_events(self, messages: Sequence[Message]) -> None:
        events = list(events_of(messages, first=dict(self.first)))
        self._share_out(events, member_of=lambda event: event["member_id"], send=self._post_events)

    def _post_events(self, calls: Calls, events: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(events), BATCH):
            if self._stopped.is_set():
                return
            batch = events[start : start + BATCH]
            calls.post_events(batch)
            self.tell(len(batch))

    def _share_out(
        self,
        items: Iterable[Item],
        *,
        member_of: Callable[[Item], str],
        send: Callable[[Calls, Sequence[Item]], None],
    ) -> None:
        """Send over all connections at once, all of a member's over the same one: so each member's order is kept."""
        shares: list[list[Item]] = [[] for _ in self.calls]
        for item in items:
            shares[crc32(member_of(item).encode()) % len(shares)].append(item)
        with ThreadPoolExecutor(len(shares)) as threads:
            try:
                for _ in threads.map(send, self.calls, shares):
                    pass
            except BaseException:
                # Ctrl-C, or the service refused: the others end after the batch that they have under way.
                self._stopped.set()
                raise


def feed_history(feed: Feed, weeks: Iterable[Week]) -> None:
    """Feed the weeks in order; those that are settled already are done, since settling comes last."""
    settled = feed.operator.settled()
    for week in weeks:
        if week.bounds.season_id in settled:
            feed.tell(number_of_events(week.messages, first=feed.first))
        else:
            feed.week(week)


def number_of_events(messages: Sequence[Message], *, first: Mapping[str, int]) -> int:
    """How many events the messages are: two each, and one for whoever joins."""
    numbers = {message.number for message in messages}
    return 2 * len(messages) + sum(number in numbers for number in first.values())


def arrivals_of(messages: Sequence[Message], *, calendar: Calendar) -> list[Arrival]:
    """The check-ins that the messages are taken for, with what the members say."""
    return [
        Arrival(
            first.member_id,
            first.sent_at,
            greeting_of(first.member_id, calendar.day_of(first.sent_at).isoformat()),
        )
        for first in first_of_each_day(messages, calendar=calendar)
    ]
