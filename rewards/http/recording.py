"""Recording events for a request: micro-batches, each its own transaction, run again where that helps."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ledger.errors import EventConflict, LedgerError
from rewards.earning.events import Event
from rewards.earning.record import Recorded, Result, record
from rewards.errors import EventInFuture, RewardsError
from rewards.http import metrics
from rewards.http.outages import is_away, is_worth_again
from rewards.http.problems import Problem, event_conflict, event_in_future, problem_of
from rewards.http.surroundings import here, request_transaction
from rewards.http.terms import request_terms

MICRO_BATCH = 250
ATTEMPTS = 8
PAUSE_S = 0.01

Answered = Recorded | Problem
T = TypeVar("T")

_log = structlog.get_logger("rewards.recording")


def record_all(events: Sequence[Event]) -> list[Answered]:
    """Record events in order, committed; one answer an event, a problem for what was refused or not decided."""
    answers: list[Answered] = []
    for start in range(0, len(events), MICRO_BATCH):
        answers.extend(_micro_batch(events[start : start + MICRO_BATCH]))
    _count(answers)
    return answers


def _micro_batch(events: Sequence[Event]) -> list[Answered]:
    try:
        return [_answered(result) for result in again(lambda session: _record(session, events))]
    except (SQLAlchemyError, LedgerError, RewardsError) as error:
        if is_away(error) or is_worth_again(error) or len(events) == 1:
            return [_problem(error)] * len(events)
        # Unexpected: one of them may be to blame, so that one fails alone.
        _log.warning("one by one", events=len(events), error=type(error).__name__)
        return [answer for event in events for answer in _micro_batch([event])]


def _record(session: Session, events: Sequence[Event]) -> list[Result]:
    return record(session, events, terms=request_terms(session), now=here().clock())


def again(work: Callable[[Session], T]) -> T:
    """Do work in a transaction of its own, and again where others came first or a deadlock was broken."""
    for attempt in range(1, ATTEMPTS):
        try:
            with request_transaction() as session:
                return work(session)
        except (SQLAlchemyError, LedgerError, RewardsError) as error:
            if not is_worth_again(error):
                raise
            time.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311 -- only so that two do not meet again
    with request_transaction() as session:
        return work(session)


def _answered(result: Result) -> Answered:
    if isinstance(result, EventConflict):
        return event_conflict(result)
    return event_in_future(result) if isinstance(result, EventInFuture) else result


def _problem(error: Exception) -> Problem:
    found = problem_of(error)
    if found.kind.slug == "unexpected":
        _log.error("unexpected", exc_info=error)
    return found


def _count(answers: Sequence[Answered]) -> None:
    for outcome, count in _tally(
        answer.decision.outcome for answer in answers if isinstance(answer, Recorded) and not answer.repeated
    ):
        metrics.DECISIONS.labels(outcome).inc(count)
    for slug, count in _tally(answer.kind.slug for answer in answers if isinstance(answer, Problem)):
        metrics.EVENTS_REFUSED.labels(slug).inc(count)


def _tally(names: Iterator[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return list(counts.items())
