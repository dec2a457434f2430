"""A community to test in: a database with a policy in force, and the cores called as their callers call them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts, read_accounts
from ledger.errors import DecidedMeanwhile, SubjectMoved
from ledger.outbox import open_generation
from ledger.postings import AccountState
from rewards.attendance.attend import Arrival, Attended
from rewards.attendance.bring_in import bring_in
from rewards.attendance.check_in import CheckIn, check_in
from rewards.earning.desk import Recorded, Result
from rewards.earning.events import Event
from rewards.earning.record import preview, record
from rewards.earning.terms import Terms
from rewards.errors import MemberMoved
from rewards.policy.document import DEFAULT_POLICY, Policy, policy_of, read_document
from rewards.policy.load import apply_policy, policy_in_force
from rewards.ranking.seasons import Calendar
from rewards.runtime.database import snapshot, transaction
from tests.support.clock import START

GRACE_S = 600
ATTEMPTS_MAX = 50

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """Everything a test needs to make something happen and to look at what came of it."""

    engine: Engine
    policy: Policy
    terms: Terms

    def run(self, action: Callable[[Session], T]) -> T:
        """Do it in a transaction; again from the start where somebody was faster, as every caller must."""
        for _ in range(ATTEMPTS_MAX):
            try:
                with transaction(self.engine) as session:
                    return action(session)
            except (DecidedMeanwhile, MemberMoved, SubjectMoved):
                continue
        raise AssertionError(f"Somebody was faster {ATTEMPTS_MAX} times in a row.")

    def record(self, *events: Event, now: datetime = START) -> list[Result]:
        """Record one micro-batch."""
        return self.run(lambda session: record(session, events, terms=self.terms, now=now))

    def record_one(self, event: Event, *, now: datetime = START) -> Recorded:
        """Record a single event that must be decided."""
        (result,) = self.record(event, now=now)
        assert isinstance(result, Recorded), result
        return result

    def preview(self, *events: Event, now: datetime = START) -> list[Result]:
        """Ask what would be decided, as the API does: in a snapshot that can only be read."""
        with snapshot(self.engine) as session:
            return preview(session, events, terms=self.terms, now=now)

    def check_in(
        self, member_id: str, *, now: datetime = START, day: date | None = None, greeting: str | None = None
    ) -> CheckIn:
        """Check a member in."""
        return self.run(
            lambda session: check_in(
                session,
                member_id,
                greeting=greeting,
                day=day,
                terms=self.terms,
                rules=self.policy.attendance,
                now=now,
            )
        )

    def bring_in(self, *arrivals: Arrival, award: bool = True, now: datetime = START) -> list[Attended]:
        """Bring past check-ins along."""
        return self.run(
            lambda session: bring_in(
                session, arrivals, terms=self.terms, rules=self.policy.attendance, award=award, now=now
            )
        )

    def account_id(self, member_id: str) -> UUID:
        """The account of a member who is known."""
        return self.rows("select account_id from member where member_id = :id", id=member_id)[0].account_id

    def account(self, member_id: str) -> AccountState:
        """A member's account as it was committed."""
        account_id = self.account_id(member_id)
        with snapshot(self.engine) as session:
            return read_accounts(session, [account_id])[account_id]

    def locked(self, session: Session, member_id: str, *, now: datetime = START) -> AccountState:
        """A member's account, locked in the given transaction."""
        account_id = self.account_id(member_id)
        return lock_accounts(session, [account_id], now=now)[account_id]

    def rows(self, query: str, **parameters: Any) -> list[Any]:
        """What a query of the service's role answers."""
        with snapshot(self.engine) as session:
            return list(session.execute(text(query), parameters).all())

    def execute(self, statement: str, **parameters: Any) -> None:
        """Change something, committed, as the service's role."""
        self.run(lambda session: session.execute(text(statement), parameters))

    def move_season(self, season: date, *states: str) -> None:
        """Move a season along its states, without a settlement, each in its own transaction."""
        for state in states:
            self.execute("update season set state = :state where season_id = :season", state=state, season=season)

    def with_calendar(self, calendar: Calendar) -> "World":
        """The same community in another time zone, or with another reset."""
        return replace(self, terms=replace(self.terms, calendar=calendar))


def open_world(
    engine: Engine,
    *,
    timezone: str = "Asia/Seoul",
    policy: Mapping[str, Any] | None = None,
    grace_s: int = GRACE_S,
    at: datetime = START,
) -> World:
    """Put a policy in force (the default one) before anything happens in the database."""
    document = policy if policy is not None else default_document()
    with transaction(engine) as session:
        open_generation(session)
        apply_policy(session, document, by="test", now=at)
        in_force = policy_in_force(session, now=at)
    return World(engine, in_force, in_force.terms(calendar=Calendar(ZoneInfo(timezone)), grace_s=grace_s))


@cache
def default_document() -> Mapping[str, Any]:
    """The policy that ships with the service, read once; whoever changes it copies it."""
    return read_document(DEFAULT_POLICY)


def default_policy() -> Policy:
    """The policy that ships with the service, without a database."""
    document = default_document()
    return policy_of(document, version=1, rule_versions=dict.fromkeys(document["rules"], 1))


def decided(results: Sequence[Result]) -> list[Recorded]:
    """The results, all of which must be decisions."""
    recorded = [result for result in results if isinstance(result, Recorded)]
    assert len(recorded) == len(results), results
    return recorded
