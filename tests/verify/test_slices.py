"""All of it slice after slice: nothing falls between two slices, and whoever is interrupted goes on where it was."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ledger import verify_slices
from ledger.blocks import seal
from ledger.signing import keyring_of, new_key
from ledger.verify_slices import ACCOUNTS, DAYS, NUMBERS, Keys, cut_accounts
from rewards.commands.context import Context, calendar_of
from rewards.commands.verify_round import FREE_S, SHARE, Rest, go_round, next_place, verify_slice
from rewards.runtime.database import snapshot, transaction
from rewards.runtime.settings import Settings
from rewards.verifications import Round, Verified, read_verified
from rewards.verify import parts
from tests.support.clock import SettableClock
from tests.support.everything import LATER
from tests.support.seasons import CALENDAR
from tests.support.world import World
from tests.verify.conftest import Tamper

MINA = "(select account_id from member where member_id = 'mina')"
KEYRING = keyring_of([new_key()])
BEYOND = UUID(int=2**128 - 2)
BEFORE = UUID(int=1)
ENTRY_OF = (
    "insert into entry select '{}', 1, points, kind, contra, transfer_id, points, 0, occurred_at, recorded_at, null,"
    f" null, null, null, false, null, hash from entry where account_id = {MINA} and seq = 1"
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One account a slice."""
    monkeypatch.setattr(verify_slices, "ACCOUNTS_AT_ONCE", 1)


@pytest.fixture
def context(settings: Settings, engine: Engine, clock: SettableClock) -> Context:
    clock.set(LATER)
    return Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)


def known(engine: Engine) -> Verified:
    with snapshot(engine) as session:
        return read_verified(session)


def whole_round(context: Context) -> int:
    return go_round(context, compare=lambda: None, rest=Rest(sleep=lambda _: None))


BETWEEN: dict[str, tuple[str, str]] = {
    "entries of an account beyond the last": ("nobody's entries", ENTRY_OF.format(BEYOND)),
    "entries of an account before the first": ("nobody's entries", ENTRY_OF.format(BEFORE)),
    "a decision of an account beyond the last": (
        "nobody's decisions",
        f"update event set account_id = '{BEYOND}' where event_id = 'login-2'",
    ),
    "an account that no member has": (
        "accounts",
        (
            "insert into account (account_id, version, recorded_at)"
            f" select '{BEYOND}', version, recorded_at from account where account_id = {MINA}"
        ),
    ),
    "points on a leaderboard of an account beyond the last": (
        "leaderboards",
        f"update leaderboard_points set account_id = '{BEYOND}' where leaderboard = 'month' and account_id = {MINA}",
    ),
    "a usage of an account that is not there": (
        "caps",
        f"insert into cap_usage values ('{BEYOND}', 'login', '2026-03-05', 1, 2, '2026-03-05')",
    ),
    "a leaf of a block that is not there": (
        "blocks",
        (
            "insert into block_leaf select 77, account_id, version, head, decisions, decision_head"
            f" from account where account_id = {MINA}"
        ),
    ),
}


@pytest.mark.parametrize("what", BETWEEN)
def test_what_belongs_to_no_account_falls_between_no_slices(
    what: str, world: World, context: Context, tamper: Tamper
) -> None:
    # given
    check, statement = BETWEEN[what]
    assert world.account_id("mina")

    # when
    assert tamper(statement) > 0
    with structlog.testing.capture_logs() as told:
        whole_round(context)

    # then
    assert check in {line["check"] for line in told if line["event"] == "verification.found"}, told


def test_a_clean_round_reads_every_row_once_and_is_a_verification(world: World, context: Context) -> None:
    # given
    rows = world.rows("select sum(version + decisions) as rows, count(*) as accounts from account")[0]
    world.run(lambda session: seal(session, keyring=KEYRING, now=LATER - timedelta(minutes=1)))
    world.run(lambda session: seal(session, keyring=KEYRING, now=LATER))

    # when
    places: list[Round] = []
    while (present := verify_slice(context)) is not None and present.part != "blocks":
        places.append(present)

    # then
    accounts = [place for place in places if place.part == "accounts"]
    assert len(accounts) > rows.accounts
    assert [place.accounts for place in accounts] == sorted(place.accounts for place in accounts)
    assert (places[-1].accounts, places[-1].of_accounts, places[-1].rows) == (rows.accounts, rows.accounts, rows.rows)
    assert all(place.findings == 0 for place in places)


def test_whoever_is_interrupted_goes_on_where_it_was(world: World, context: Context, tamper: Tamper) -> None:
    # given: a round that has passed one account, and what it found there
    first = world.rows("select account_id from account order by account_id limit 1")[0].account_id
    tamper(f"update account set balance = balance + 1 where account_id = '{first}'")
    verify_slice(context)
    passed = verify_slice(context)
    assert passed
    assert (passed.part, passed.accounts, passed.findings) == ("accounts", 1, 1)
    assert known(context.engine).findings == 1

    # when: that is put right, and another process goes on
    tamper(f"update account set balance = balance - 1 where account_id = '{first}'")
    count = whole_round(context)

    # then: the round still knows what it had found, and the next one begins anew
    done = known(context.engine)
    assert count == 1
    assert done.present is None
    assert done.last
    assert str(first) in (done.last.first_finding or "")
    assert whole_round(context) == 0
    assert known(context.engine).findings == 0


def test_a_slice_leaves_no_transaction_open(world: World, context: Context) -> None:
    verify_slice(context)

    with transaction(context.engine) as session:
        assert world.rows("select count(*) as n from pg_stat_activity where backend_xmin is not null")
        open_ones = (
            "select pid from pg_stat_activity where state = 'idle in transaction' and datname = current_database()"
        )
        assert session.connection().exec_driver_sql(open_ones).all() == []


def test_the_parts_cover_all_keys(world: World, engine: Engine) -> None:
    assert world.account_id("mina")
    with snapshot(engine) as session:
        for part in parts(calendar=CALENDAR, now=LATER):
            pieces = list(part.slices(session))
            assert pieces[0].first == part.keys.lowest
            assert pieces[-1].last == part.keys.highest
            assert all(after.first == part.keys.after(before.last) for before, after in pairwise(pieces))


def test_a_slice_of_accounts_has_not_too_many_rows(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    accounts = world.rows("select account_id, version + decisions as rows from account order by account_id")
    monkeypatch.setattr(verify_slices, "ACCOUNTS_AT_ONCE", 100)
    monkeypatch.setattr(verify_slices, "ROWS_AT_ONCE", accounts[0].rows + accounts[1].rows)

    # when
    with snapshot(engine) as session:
        piece = cut_accounts(session, ACCOUNTS.lowest)

    # then
    assert (piece.last, piece.accounts) == (accounts[1].account_id, 2)
    assert piece.rows == accounts[0].rows + accounts[1].rows


@pytest.mark.parametrize("keys", [ACCOUNTS, DAYS, NUMBERS], ids=["accounts", "days", "numbers"])
def test_a_key_is_read_as_it_was_kept(keys: Keys) -> None:
    for key in (keys.lowest, keys.after(keys.lowest), keys.highest):
        assert keys.read(str(key)) == key


def test_a_round_whose_part_is_gone_begins_anew() -> None:
    present = parts(calendar=CALENDAR, now=LATER)
    gone = Round(
        part="boards",
        last="7",
        accounts=3,
        of_accounts=5,
        rows=9,
        findings=0,
        first_finding=None,
        started_at=LATER,
        finished_at=LATER,
    )

    assert next_place(present, gone) == (present[0], present[0].keys.lowest)


@given(st.lists(st.floats(0, 30), max_size=40))
def test_it_reads_for_a_twentieth_of_the_time_beyond_what_the_pause_pays_for(read: list[float]) -> None:
    rested: list[float] = []
    rest = Rest(sleep=rested.append)

    for seconds in read:
        rest.after(seconds)

    assert sum(rested) + rest.owed_s == pytest.approx((sum(read) - FREE_S) * (SHARE - 1))
    assert rest.owed_s < max(1.0, sum(read) * SHARE)
    assert all(1.0 <= one <= 60.0 for one in rested)
