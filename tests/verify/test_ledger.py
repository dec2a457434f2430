"""Each promise of the ledger, broken by somebody who may do anything: `rewards verify` names the row."""

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import write_accounts
from ledger.postings import Posting, post
from ledger.verify import ledger_findings
from rewards.runtime.database import create_engine_from
from tests.support.checker import broken_rows
from tests.support.database import Database
from tests.support.everything import LATER
from tests.support.world import World
from tests.verify.conftest import Tamper

MINA = "(select account_id from member where member_id = 'mina')"
JUN = "(select account_id from member where member_id = 'jun')"
SORA = "(select account_id from member where member_id = 'sora')"
LAST = f"(select max(seq) from entry where account_id = {MINA})"
LAST_DECISION = f"(select max(decision_no) from event where account_id = {MINA})"
JUNS_LAST = f"(select max(seq) from entry where account_id = {JUN})"

PLANTED: dict[str, tuple[str, str, list[str]]] = {
    "a changed amount": (
        "entry 2",
        "balances",
        [f"update entry set points = points + 1 where account_id = {MINA} and seq = 2"],
    ),
    "a changed amount whose balances follow": (
        "entry 2",
        "heads",
        [
            f"update entry set points = points + 1 where account_id = {MINA} and seq = 2",
            f"update entry set balance_after = balance_after + 1 where account_id = {MINA} and seq >= 2",
            f"update account set balance = balance + 1, lifetime = lifetime + 1 where account_id = {MINA}",
        ],
    ),
    "a changed time": (
        "entry 2",
        "heads",
        [f"update entry set occurred_at = occurred_at + interval '1 us' where account_id = {MINA} and seq = 2"],
    ),
    "a changed contra": (
        "entry 1",
        "heads",
        [f"update entry set contra = 'issuance:gift' where account_id = {MINA} and seq = 1"],
    ),
    "an award moved into another season": (
        "entry 1",
        "heads",
        [f"update entry set season = null where account_id = {MINA} and seq = 1"],
    ),
    "a swapped pair": (
        "entry 1",
        "balances",
        [
            f"update entry set seq = 1000 where account_id = {MINA} and seq = 1",
            f"update entry set seq = 1 where account_id = {MINA} and seq = 2",
            f"update entry set seq = 2 where account_id = {MINA} and seq = 1000",
        ],
    ),
    "a removed first": ("entry 2", "entries", [f"delete from entry where account_id = {MINA} and seq = 1"]),
    "a removed middle": ("entry 4", "entries", [f"delete from entry where account_id = {MINA} and seq = 3"]),
    "a removed tail": ("account", "accounts", [f"delete from entry where account_id = {MINA} and seq = {LAST}"]),
    "a removed tail with the counts put right": (
        "account",
        "accounts",
        [
            (
                "update account a set balance = a.balance - e.points, version = version - 1 from entry e"
                f" where a.account_id = {MINA} and e.account_id = a.account_id and e.seq = a.version"
            ),
            f"delete from entry where account_id = {MINA} and seq = {LAST}",
        ],
    ),
    "all of an account's entries": ("account", "accounts", [f"delete from entry where account_id = {SORA}"]),
    "an account that is gone": ("entry 1", "nobody's entries", [f"delete from account where account_id = {SORA}"]),
    "an invented last entry": (
        "entry",
        "heads",
        [
            (
                "insert into entry select account_id, seq + 1, 5, 'award', contra, gen_random_uuid(),"
                " balance_after + 5, held_after, occurred_at, recorded_at, null, null, null, null, false,"
                " null, hash from entry"
                f" where account_id = {MINA} and seq = {LAST}"
            ),
        ],
    ),
    "a changed balance": (
        "account",
        "accounts",
        [f"update account set balance = balance + 1 where account_id = {MINA}"],
    ),
    "a changed lifetime": (
        "account",
        "accounts",
        [f"update account set lifetime = lifetime + 1 where account_id = {MINA}"],
    ),
    "a changed version": (
        "account",
        "accounts",
        [f"update account set version = version + 1 where account_id = {MINA}"],
    ),
    "a changed head": (
        "account",
        "accounts",
        [f"update account set head = sha256(head) where account_id = {MINA}"],
    ),
    "changed held points": ("account", "held", [f"update account set held = held + 5 where account_id = {MINA}"]),
    "a hold that is open again": (
        "hold",
        "hold history",
        ["update hold set state = 'placed', captured = 0 where state = 'captured'"],
    ),
    "a hold without a history": ("hold", "hold history", ["delete from hold_history where state = 'placed'"]),
    "a hold captured for less": (
        "account",
        "captures",
        ["update hold set captured = captured - 1 where state = 'captured'"],
    ),
    "an award that nothing stands behind": (
        "entry",
        "entry without reason",
        [
            f"delete from event where account_id = {JUN} and outcome = 'awarded' and seq = {JUNS_LAST}",
        ],
    ),
    "an adjustment without a note": (
        "entry",
        "entry without reason",
        ["update entry set note_digest = null where kind = 'adjustment'"],
    ),
    "an award that claims to be staff's": (
        "entry 1",
        "entry without reason",
        [
            f"update entry set note_digest = hash, transfer_id = account_id where account_id = {JUN} and seq = 1",
        ],
    ),
    "a grant that nothing gives": (
        "entry",
        "entry without reason",
        ["update entry set contra = 'gift' where kind = 'grant'"],
    ),
    "a kind that nothing writes": (
        "entry",
        "entry without reason",
        ["update entry set kind = 'refund' where kind = 'grant'"],
    ),
    "an entry of another amount than its decision": (
        "event",
        "decision without entry",
        [f"update event set points = points + 1 where account_id = {JUN} and outcome = 'awarded' and seq = 1"],
    ),
    "a decision that answered another balance": (
        "event",
        "answered balance",
        [f"update event set balance = balance + 1 where account_id = {JUN} and outcome = 'awarded' and seq = 1"],
    ),
    "a decision whose entry is gone": (
        "event",
        "decision without entry",
        [f"delete from entry where account_id = {JUN} and seq = 1"],
    ),
    "a reversal of another amount": (
        "entry",
        "line of reversals",
        ["update entry set points = points - 1 where kind = 'reversal'"],
    ),
    "a reversal of what is not there": (
        "entry",
        "line of reversals",
        ["update entry set reverses = reverses + 900 where kind = 'reversal'"],
    ),
    "a restore of another award": (
        "entry",
        "line of reversals",
        ["update entry set award_seq = award_seq + 1 where kind = 'restore'"],
    ),
    "a changed decision": (
        "event login-1",
        "heads",
        ["update event set level = '숲' where event_id = 'login-1'"],
    ),
    "a changed fingerprint": (
        "event login-1",
        "heads",
        ["update event set fingerprint = sha256(fingerprint) where event_id = 'login-1'"],
    ),
    "a deleted capped decision": ("event", "decisions", ["delete from event where event_id = 'login-2'"]),
    "a decision removed from the end": (
        "account",
        "decisions",
        [
            f"delete from event where account_id = {MINA} and decision_no = {LAST_DECISION}",
        ],
    ),
    "a decision removed from the end with the count put right": (
        "account",
        "heads",
        [
            f"delete from event where account_id = {MINA} and decision_no = {LAST_DECISION}",
            f"update account set decisions = decisions - 1 where account_id = {MINA}",
        ],
    ),
    "a decision of nobody": (
        "decision",
        "nobody's decisions",
        [f"delete from account where account_id = {SORA}"],
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_it_is_named(what: str, engine: Engine, tamper: Tamper) -> None:
    # given
    where, check, statements = PLANTED[what]

    # when
    assert tamper(*statements) != 0
    found = broken_rows(engine, now=LATER)

    # then
    named = [finding for finding in found if finding.check == check and where in finding.where]
    assert named, found
    assert all(finding.says for finding in named)


def test_a_charge_that_was_not_affordable_is_named_though_its_head_is_right(
    world: World, engine: Engine, superuser: psycopg.Connection
) -> None:
    # given: a bug, where the database's own check is gone
    superuser.execute("alter table entry drop constraint entry_affordable_check")

    def overspend(session: Session) -> None:
        account = world.locked(session, "jun")
        posting = Posting(points=-9999, kind="charge", contra="issuance:test", transfer_id=uuid7(), occurred_at=LATER)
        after, entry = post(account, posting, now=LATER)
        write_accounts(session, [after], entries=[entry])

    # when
    world.run(overspend)

    # then
    found = {finding.check: finding.where for finding in broken_rows(engine, now=LATER)}
    assert set(found) == {"affordable", "entry without reason"}
    assert str(world.account_id("jun")) in found["affordable"]


def test_only_the_first_broken_row_of_an_account_is_told_of_each_head(engine: Engine, tamper: Tamper) -> None:
    # given
    tamper(f"update entry set occurred_at = occurred_at + interval '1 us' where account_id = {MINA} and seq > 1")

    # when
    found = [finding for finding in broken_rows(engine, now=LATER) if finding.check == "heads"]

    # then
    assert [finding.where.rpartition(" ")[2] for finding in found] == ["2"]


def test_a_trigger_that_is_off_or_not_always_on_is_named(
    engine: Engine, superuser: psycopg.Connection, world: World
) -> None:
    # given
    assert world.rows("select 1")
    superuser.execute("alter table entry disable trigger entry_append_only")
    superuser.execute("alter table hold_history enable trigger hold_history_append_only")

    # when
    found = broken_rows(engine, now=LATER)

    # then
    assert [(finding.check, finding.where) for finding in found] == [
        ("protection", "table entry"),
        ("protection", "table hold_history"),
    ]


def test_a_change_of_any_column_of_an_entry_or_a_decision_is_named(
    database: Database, superuser: psycopg.Connection
) -> None:
    """One column after the other, each rolled back: both ways of computing a hash cover all of them."""
    # given
    columns = superuser.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
        " and table_name in ('entry', 'event') and column_name not in ('account_id', 'source', 'event_id')"
    ).fetchall()
    engine = create_engine_from(database.admin_url)
    missed: list[str] = []

    # when
    for table, column, kind in columns:
        with Session(engine) as session:
            for trigger in (
                "set local session_replication_role = replica",
                f"alter table {table} disable trigger user",
            ):
                session.execute(text(trigger))
            constraints = session.scalars(
                text("select conname from pg_constraint where conrelid = cast(:t as regclass) and contype = 'c'"),
                {"t": table},
            )
            for name in constraints.all():
                session.execute(text(f'alter table {table} drop constraint "{name}"'))
            number = "seq" if table == "entry" else "decision_no"
            changed = CHANGED[kind].format(column)
            session.execute(text(f"update {table} set {column} = {changed} where {number} = 2 and account_id = {JUN}"))
            if not any(finding.check in CHAINED for finding in ledger_findings(session)):
                missed.append(f"{table}.{column}")

    # then
    engine.dispose()
    assert len(columns) > 30
    assert missed == []


CHAINED = frozenset({"heads", "balances", "entries", "decisions"})
CHANGED = {
    "bigint": "coalesce({0}, 0) + 1000",
    "text": "coalesce({0}, '') || ' '",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "{0} + interval '1 us'",
    "date": "coalesce({0}, '2026-01-01') + 1",
    "boolean": "not {0}",
    "bytea": "sha256(coalesce({0}, ''))",
}
