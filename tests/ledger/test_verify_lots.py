"""Each check of points that lapse turns red: its rows are tampered with by somebody who may do anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.lapses import begin_run, finish_run, sweep_some
from ledger.verify import ledger_findings
from ledger.verify_lots import OF_LOTS
from rewards.runtime.database import create_engine_from
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_comment, make_event
from tests.support.lapsing import DAY, account_with_lots, give, lapsing_policy
from tests.support.world import World, open_world

MIDNIGHT = START.replace(hour=15) + 2 * DAY
LATER = MIDNIGHT + 2 * DAY

OPEN = "(select lot_id from lot where remaining > 0 and from_lot is null order by lot_id limit 1)"
OPENER = f"(select account_id from lot where lot_id = {OPEN})"
PLANTED: dict[str, tuple[str, str]] = {
    "more remains in a lot": ("lots", f"update lot set remaining = remaining - 1 where lot_id = {OPEN}"),
    "a use is gone, and the lot follows": (
        "lots",
        (
            "with gone as (delete from lot_use where kind = 'spent' and use_no = 1 returning lot_id, points)"
            " update lot l set remaining = remaining + g.points from gone g where l.lot_id = g.lot_id"
        ),
    ),
    "less lapses of an account": ("lapsing", f"update account set lapsing = lapsing - 1 where account_id = {OPENER}"),
    "more lies in lots than there is": (
        "lots within available",
        "update account set lapsing = balance - held + 1 where lapsing > 0",
    ),
    "a lot of another amount": (
        "lots of entries",
        f"update lot set points = points + 5, remaining = remaining + 5 where lot_id = {OPEN}",
    ),
    "a lot from nowhere": ("lots of entries", f"update lot set seq = 99 where lot_id = {OPEN}"),
    "a use that claims another cause": (
        "uses of lots",
        "update lot_use set kind = 'spent' where kind = 'lapsed' and points > 0",
    ),
    "a use by nobody's entry": ("uses of lots", "update lot_use set seq = 99 where kind = 'spent'"),
    "less lapsed than the entry says": (
        "expiry",
        "update lot_use set points = points - 1 where kind = 'lapsed' and points > 1",
    ),
    "an entry takes more of lots than in all": (
        "entries and uses",
        "update lot_use set points = points + 1000 where kind = 'spent'",
    ),
    "a release that puts nothing back": ("lots of holds", "delete from lot_use where kind = 'released'"),
    "a sweep that leaves a lot": (
        "sweeps",
        f"update lot set expires_at = earned_at + interval '1 s' where lot_id = {OPEN}",
    ),
    "lapsed points that were not given back": (
        "taken twice",
        "delete from lot_use where kind = 'lapsed' and points < 0",
    ),
}


def test_points_that_lapse_are_tampered_with(engine: Engine, database: Database) -> None:
    # given
    world = open_world(engine, policy=lapsing_policy())
    _let_points_lapse(world)
    assert world.run(lambda session: list(ledger_findings(session))) == []
    assert {check for check, _ in PLANTED.values()} == OF_LOTS.keys()

    # when
    admin = create_engine_from(database.admin_url, application_name="tests")
    found: dict[str, set[str]] = {}
    for name, (_, statement) in PLANTED.items():
        with _unprotected(admin) as session:
            changed = session.execute(text(statement)).rowcount  # pyright: ignore[reportAttributeAccessIssue] -- it has it
            assert changed, name
            found[name] = {finding.check for finding in ledger_findings(session)}
    admin.dispose()

    # then: each by its own check, others may see it too
    assert {name: check for name, (check, _) in PLANTED.items() if check not in found[name]} == {}


def _let_points_lapse(world: World) -> None:
    """Once each: points lapse, are spent, are set aside and come back, are reversed before and after their date."""
    world.record(make_comment(subject="comment:1"), make_comment("jun", subject="comment:2"))
    world.record(make_event("comment.deleted", "jun", subject="comment:2"))
    member = world.run(
        lambda session: account_with_lots(session, {MIDNIGHT: 40, LATER + DAY: 60, None: 100}, now=START)
    )
    world.run(lambda session: give(session, member, -15, now=START))
    holds = [uuid7() for _ in range(3)]
    for hold_id in holds:
        world.run(
            lambda session, hold_id=hold_id: place_hold(
                session,
                lock_accounts(session, [member], now=START)[member],
                hold_id=hold_id,
                points=10,
                purpose="test",
                now=START,
            )
        )
    for now, hold_id in ((START, holds[0]), (LATER, holds[1])):
        world.run(
            lambda session, now=now, hold_id=hold_id: release_hold(
                session, lock_accounts(session, [member], now=now)[member], hold_id=hold_id, now=now
            )
        )
    world.run(
        lambda session: capture_hold(
            session,
            lock_accounts(session, [member], now=LATER)[member],
            hold_id=holds[2],
            transfer_id=uuid7(),
            contra="redemption",
            points=4,
            now=LATER,
        )
    )
    world.run(_sweep)
    world.record(make_event("comment.deleted", subject="comment:1", at=LATER), now=LATER)


def _sweep(session: Session) -> None:
    run = begin_run(session, max_share=1.0, now=LATER)
    assert run is not None
    place = sweep_some(session, run, after=None, limit=100, now=LATER)
    assert sweep_some(session, run, after=place, limit=100, now=LATER) is None
    finish_run(session, run.run_id, now=LATER)


@contextmanager
def _unprotected(admin: Engine) -> Iterator[Session]:
    """A transaction without triggers that is rolled back."""
    with Session(admin) as session:
        session.execute(text("set local session_replication_role = replica"))
        for table in ("lot", "lot_use", "account"):
            session.execute(text(f"alter table {table} disable trigger user"))
        yield session
        session.rollback()
