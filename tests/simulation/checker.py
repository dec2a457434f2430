"""Whether a history can be explained: every call taken once, in one order, between its beginning and its end.

The order is that of the commits: whatever touches the same thing holds the same locks until then. A model takes the
calls in that order and must answer the same; what was refused must be refused by the model at some moment between
the call's beginning and its end; and in the end the database must hold what the model holds, and no more.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.events import EventKey, read_decisions
from rewards.earning.answer import answer_of
from tests.model.agreement import Agreement
from tests.model.calls import Merge, Refusal, Send, Settle
from tests.model.community import Community
from tests.model.people import TOLERANCE, Person
from tests.simulation.history import KEYS, History, Spoken
from tests.support.world import GRACE_S

_ENTRIES = text(
    "select account_id, seq, points, kind, overdraft, balance_after, held_after, contra from entry"
    " where account_id > :since order by account_id, seq"
)
_ACCOUNTS = text("select account_id, balance, held, version from account where account_id > :since")
_HELD = text(
    "select account_id, sum(points) as points from hold where state = 'placed' and account_id > :since group by 1"
)
_CODES_TWICE = text(
    "select code_id from redemption where account_id > :since and code_id is not null group by 1 having count(*) > 1"
)
MAY_OVERDRAW = ("reversal", "penalty", "capture", "merge")


def violations(session: Session, history: History, *, policy: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a history that was played in this database; nothing if it is right."""
    community = Community(policy, weeks=history.plan.weeks(), cards=history.plan.cards(), grace_s=GRACE_S)
    found = [*_failures(history), *_word_for_word(session, history), *_numbers(session, history.since)]
    if any(isinstance(spoken.call, Merge) for spoken in history.spoken):
        return found
    found += _explained(history, community)
    if not found:
        try:
            agreement = Agreement(session, community, keys=KEYS, since=history.since)
            found += [f"the model keeps {a}, the database {b}" for a, b in agreement.differences()]
        except StopIteration:
            found.append("the database has other members than the model")
    return found


def _failures(history: History) -> Iterator[str]:
    if history.stuck:
        yield "everybody waits for somebody else"
    for spoken in history.spoken:
        if spoken.failure is not None:
            yield f"{spoken.client} at {spoken.began}: {spoken.failure}"
        if spoken.answered and spoken.commit is None:
            yield f"{spoken.client} at {spoken.began} was answered, but nothing was committed"


def _explained(history: History, community: Community) -> Iterator[str]:
    """Take the calls in the order of their commits; look for each refusal wherever it may have been."""
    for call in history.plan.before:
        community.take(call, history.plan.start)
    refused = [spoken for spoken in history.spoken if spoken.refusal is not None]
    seen: list[frozenset[Person]] = []
    for number in range(len(history.commits) + 1):
        refused = [spoken for spoken in refused if not _is_refused(community, spoken, number=number)]
        seen.append(community.points.seen())
        if number < len(history.commits):
            yield from _taken(community, history.commits[number], seen=seen)
    for spoken in refused:
        yield f"{spoken.client} at {spoken.began}: {spoken.call} was refused as {spoken.refusal}, without a reason"


def _is_refused(community: Community, spoken: Spoken, *, number: int) -> bool:
    if not spoken.before <= number <= spoken.after:
        return False
    return community.refusal(spoken.call, spoken.now) == spoken.refusal


def _taken(community: Community, spoken: Spoken, *, seen: list[frozenset[Person]]) -> Iterator[str]:
    taken = spoken.taken
    assert taken is not None, "what was committed was taken before"
    if isinstance(spoken.call, Settle):
        community.points.shown = _shown(community, spoken, moments=seen[spoken.before :])
    expected = community.take(spoken.call, spoken.now, ids=taken.ids)
    community.points.shown = None
    if not _is_same(spoken, expected, taken.answer):
        what = "is refused as" if isinstance(expected, Refusal) else "answers"
        yield (
            f"{spoken.client} at {spoken.began}, commit {spoken.commit}: {spoken.call} was answered {taken.answer},"
            f" but in this order it {what} {expected}"
        )


def _shown(community: Community, spoken: Spoken, *, moments: list[frozenset[Person]]) -> frozenset[Person]:
    """Whom a standing shows: whoever was to be seen at a moment of the settlement, which locks no member."""
    for moment in reversed(moments):
        trial, shown = deepcopy((community, moment))
        trial.points.shown = shown
        if (
            spoken.taken is not None
            and trial.take(spoken.call, spoken.now, ids=spoken.taken.ids) == spoken.taken.answer
        ):
            return moment
    return moments[-1]


def _is_same(spoken: Spoken, expected: Any, answer: Any) -> bool:
    """The same, or refused for coming too early: that locks nobody, so somebody else may have decided it since."""
    if not isinstance(spoken.call, Send) or expected == answer:
        return bool(expected == answer)
    too_early = {"refused": "future"}
    return all(
        one == other or (other == too_early and event.occurred_at > spoken.now + TOLERANCE)
        for event, one, other in zip(spoken.call.events, expected, answer, strict=True)
    )


def _word_for_word(session: Session, history: History) -> Iterator[str]:
    """Whoever was told of an event was told the same, and it is what is stored."""
    told: dict[EventKey, dict[str, Any]] = {}
    for spoken in history.spoken:
        said = spoken.taken.said if spoken.answered and spoken.taken is not None else ()
        for key, document in said:
            if told.setdefault(key, document) != document:
                yield f"{spoken.client} at {spoken.began}: {key} was answered {document}, before that {told[key]}"
    stored = read_decisions(session, told)
    for key, document in told.items():
        kept = answer_of(stored[key]) if key in stored else None
        if kept != document:
            yield f"{key} was answered {document}, but {kept} is kept"


def _numbers(session: Session, since: UUID) -> Iterator[str]:
    """Without the model: sums, gapless numbers, who may owe, what is held, what was sold."""
    entries: dict[UUID, list[Any]] = {}
    for entry in session.execute(_ENTRIES, {"since": since}):
        entries.setdefault(entry.account_id, []).append(entry)
    held = {row.account_id: row.points for row in session.execute(_HELD, {"since": since})}
    for account in session.execute(_ACCOUNTS, {"since": since}):
        mine = entries.pop(account.account_id, [])
        where = f"account {account.account_id}"
        if [entry.seq for entry in mine] != list(range(1, account.version + 1)):
            yield f"{where}: its entries are not 1 to {account.version}"
        if account.balance != sum(entry.points for entry in mine):
            yield f"{where}: its balance is {account.balance}, not the sum of its entries"
        if account.held != held.get(account.account_id, 0):
            yield f"{where}: {account.held} are held, its holds say {held.get(account.account_id, 0)}"
        yield from _of_entries(mine, where=where)
    for account_id in entries:
        yield f"account {account_id}: entries of nobody"
    for row in session.execute(_CODES_TWICE, {"since": since}):
        yield f"code {row.code_id} was sold twice"


def _of_entries(entries: list[Any], *, where: str) -> Iterator[str]:
    balance = 0
    for entry in entries:
        balance += entry.points
        if entry.balance_after != balance:
            yield f"{where} entry {entry.seq}: {entry.balance_after} after it, not {balance}"
        may = entry.kind in MAY_OVERDRAW or (entry.kind == "adjustment" and entry.overdraft)
        if entry.points < 0 and not may and balance - entry.held_after < 0:
            yield f"{where} entry {entry.seq}: {entry.kind} leaves {balance - entry.held_after} available"
        if not entry.contra:
            yield f"{where} entry {entry.seq}: points from nowhere"
