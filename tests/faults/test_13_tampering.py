"""Line 13: whatever is tampered with is named, by `rewards verify` and by the slices that are read all the time."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import structlog.testing
from sqlalchemy import Engine

from ledger import verify_slices
from ledger.blocks import seal
from ledger.signing import keyring_of
from rewards.commands.context import Context, calendar_of
from rewards.commands.verify_round import Rest, go_round
from rewards.runtime.database import snapshot
from rewards.runtime.settings import Settings
from rewards.verifications import read_verified
from rewards.verify import findings
from tests.support.clock import SettableClock
from tests.support.database import Database, copied_database
from tests.support.everything import LATER
from tests.support.servers import Servers
from tests.support.tampering import tamper_with
from tests.support.world import open_world

MINA = "(select account_id from member where member_id = 'mina')"
LAST = f"(select version from account where account_id = {MINA})"


@pytest.fixture
def database(servers: Servers, worker_number: int, full_template: str) -> Iterator[Database]:
    """A copy of the database in which everything has happened."""
    with copied_database(servers, worker=str(worker_number), template=full_template) as copied:
        yield copied


TAMPERED: dict[str, tuple[str, str, list[str]]] = {
    "amount": (
        "balances",
        " entry 2",
        [f"update entry set points = points + 1 where account_id = {MINA} and seq = 2"],
    ),
    "order": (
        "balances",
        " entry 1",
        [
            f"update entry set seq = 1000 where account_id = {MINA} and seq = 1",
            f"update entry set seq = 1 where account_id = {MINA} and seq = 2",
            f"update entry set seq = 2 where account_id = {MINA} and seq = 1000",
        ],
    ),
    "middle": ("entries", " entry 4", [f"delete from entry where account_id = {MINA} and seq = 3"]),
    "tail": (
        "sealed",
        "account ",
        [
            f"delete from event where account_id = {MINA} and seq = {LAST}",
            f"delete from entry where account_id = {MINA} and seq = {LAST}",
            (
                "update account a set version = e.seq, balance = e.balance_after, head = e.hash,"
                " decisions = v.decision_no, decision_head = v.hash from entry e join event v using (account_id)"
                f" where a.account_id = {MINA} and e.account_id = a.account_id"
                " and e.seq = (select max(seq) from entry where account_id = a.account_id)"
                " and v.decision_no = (select max(decision_no) from event where account_id = a.account_id)"
            ),
        ],
    ),
    "block": ("blocks", "block 1", ["update block set root = hash where height = 1"]),
    "signature": ("signatures", "block 1", ["update block set signature = decode(repeat('00', 64), 'hex')"]),
    "board": (
        "leaderboards",
        "leaderboard month of",
        ["update leaderboard_points set points = points + 1 where leaderboard = 'month' and points > 0"],
    ),
    "decision": ("decisions", "event ", ["delete from event where event_id = 'login-2'"]),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_named(
    what: str,
    settings: Settings,
    engine: Engine,
    clock: SettableClock,
    superuser: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given: a history that is sealed, and slices of one account
    check, where, statements = TAMPERED[what]
    keyring = keyring_of(settings.signing_keys)
    open_world(engine).run(lambda session: seal(session, keyring=keyring, now=LATER))
    clock.set(LATER)
    context = Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)
    monkeypatch.setattr(verify_slices, "ACCOUNTS_AT_ONCE", 1)

    # when
    assert tamper_with(superuser, *statements) > 0
    with snapshot(engine) as session:
        whole = list(findings(session, calendar=context.calendar, now=LATER, keyring=keyring))
    with structlog.testing.capture_logs() as lines:
        count = go_round(context, compare=lambda: None, rest=Rest(sleep=lambda _: None))
    with snapshot(engine) as session:
        done = read_verified(session).last

    # then: both name the row, and the first of all that is wrong is kept
    told = [line["where"] for line in lines if line["event"] == "verification.found"]
    assert any(one.check == check and where in one.where for one in whole), whole
    assert told == [one.where for one in whole]
    assert done is not None
    assert count == done.findings == len(whole)
    assert done.first_finding == f"{whole[0].check}: {whole[0].where}: {whole[0].says}"
