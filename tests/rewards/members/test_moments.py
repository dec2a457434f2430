"""Promise 9: any moment can be asked for, and what is answered is what stood in the account then."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts, write_accounts
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.postings import Posting, post
from rewards.members.moments import BalanceAt, balance_at, seq_at
from tests.support.clock import START

SECOND = timedelta(seconds=1)
STEPS = st.tuples(st.sampled_from(("earn", "hold", "capture", "release")), st.integers(0, 2), st.integers(1, 9))


@dataclass(slots=True)
class History:
    """An account, its open holds, and what stood in it after each step, by when the step was recorded."""

    session: Session
    account_id: UUID = field(default_factory=uuid4)
    open: list[UUID] = field(default_factory=list[UUID])
    stood: list[tuple[datetime, int, BalanceAt]] = field(default_factory=list[tuple[datetime, int, BalanceAt]])

    def step(self, what: str, *, points: int, now: datetime) -> None:
        """Do it, if the account can; nothing else."""
        account = lock_accounts(self.session, [self.account_id], now=now)[self.account_id]
        if what == "earn":
            posting = Posting(
                points=points, kind="award", contra="issuance:x", transfer_id=uuid4(), occurred_at=now - SECOND
            )
            account, entry = post(account, posting, now=now)
            write_accounts(self.session, [account], entries=[entry])
        elif what == "hold" and account.available >= points:
            self.open.append(uuid4())
            account = place_hold(
                self.session, account, hold_id=self.open[-1], points=points, purpose="redemption", now=now
            )
        elif what == "capture" and self.open:
            account, _ = capture_hold(
                self.session, account, hold_id=self.open.pop(0), transfer_id=uuid4(), contra="redemption", now=now
            )
        elif what == "release" and self.open:
            account = release_hold(self.session, account, hold_id=self.open.pop(), now=now)
        self.stood.append((now, account.version, BalanceAt(account.balance, account.held)))

    def at(self, moment: datetime) -> tuple[int, BalanceAt]:
        """The naive answer: the last step of all that were recorded by then."""
        return next(((seq, stood) for now, seq, stood in reversed(self.stood) if now <= moment), (0, BalanceAt(0, 0)))


@pytest.fixture
def connected(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session
        session.rollback()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
def test_any_moment_is_answered_as_it_stood_then(connected: Session, steps: list[tuple[str, int, int]]) -> None:
    history = History(connected)
    waited = accumulate(seconds for _, seconds, _ in steps)
    for (what, _, points), passed in zip(steps, waited, strict=True):
        history.step(what, points=points, now=START + passed * SECOND)

    moments = {now + off for now, _, _ in history.stood for off in (-SECOND / 2, timedelta(), SECOND / 2)}
    answered = {
        at: (seq_at(connected, history.account_id, at=at), balance_at(connected, history.account_id, at=at))
        for at in {*moments, START - SECOND}
    }

    assert answered == {at: history.at(at) for at in answered}


def test_an_account_that_was_never_opened_had_nothing(connected: Session) -> None:
    assert seq_at(connected, uuid4(), at=START) == 0
    assert balance_at(connected, uuid4(), at=START) == BalanceAt(0, 0)
