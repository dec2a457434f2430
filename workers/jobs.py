"""The jobs: each opens a transaction, calls a use case, commits. Harmless twice, and at once.

They take no decision that PostgreSQL does not hold: whatever is lost on the way is found due again.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Protocol

import structlog
from sqlalchemy.exc import OperationalError

from ledger.blocks import LEAVES_MAX, seal
from ledger.signing import keyring_of
from ledger.tail import prune
from market.redemptions import expire_waiting
from rewards.commands.context import Context, make_context
from rewards.commands.lapse import run_lapse
from rewards.commands.lapse import tell_lapses as tell_all
from rewards.ranking.midnight import rank_at_midnight
from rewards.runtime.database import transaction
from rewards.settlement import settle
from workers import upkeep
from workers.deliver import deliver
from workers.due import DELIVER

LOCK_NOT_AVAILABLE = "55P03"
EXPIRE_AT_ONCE = 100

log = structlog.get_logger()


@cache
def here() -> Context:
    """The process's surroundings, made by the first job: a forked one must not share its parent's connections."""
    return make_context(application_name="rewards job")


def run(job: str, argument: str) -> None:
    """What the queue calls."""
    JOBS[job](argument, context=here())


def settle_season(season: str, *, context: Context) -> None:
    """Take a season as far as its clock allows. Gives up where writers hold it: it stays due."""
    now = context.clock()
    try:
        with transaction(context.engine) as session:
            settled = settle(
                session,
                date.fromisoformat(season),
                review=context.settings.season_review,
                today=context.calendar.day_of(now),
                now=now,
            )
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        log.info("season.held", season=season)
        return
    if settled.moved:
        log.info("season.settled", season=season, state=settled.state, prizes=settled.prizes)


def rank_midnight(_day: str, *, context: Context) -> None:
    """Compute the places of the last midnight. The day only names the job."""
    with transaction(context.engine) as session:
        rank_at_midnight(session, calendar=context.calendar, now=context.clock())


def expire_redemptions(_hour: str, *, context: Context) -> None:
    """Expire what has waited too long, a few in each transaction."""
    older_than = timedelta(days=context.settings.redemption_expiry_days)
    while True:
        with transaction(context.engine) as session:
            expired = expire_waiting(session, older_than=older_than, limit=EXPIRE_AT_ONCE, now=context.clock())
        if len(expired) < EXPIRE_AT_ONCE:
            return


def lapse_points(_day: str, *, context: Context) -> None:
    """Take what has lapsed; a run that would take too much at once stops, and waits for somebody's yes."""
    run = run_lapse(context)
    if run is None:
        return
    found = {"lots": run.lots, "points": run.points, "of_points": run.of_points}
    if run.state == "stopped":
        log.warning("lapse.stopped", **found, todo="rewards lapse --allow")
    else:
        log.info("lapse.swept", **found)


def tell_lapses(_day: str, *, context: Context) -> None:
    """Tell members whose points lapse soon."""
    accounts = tell_all(context)
    if accounts:
        log.info("lapse.told", accounts=accounts)


def keep_house(_hour: str, *, context: Context) -> None:
    """Remove what nobody asks for any more, a part in each transaction."""
    now = context.clock()
    with transaction(context.engine) as session:
        prune(session, before=now - upkeep.OUTBOX_KEPT)
    for statement, parameters in upkeep.removals(now=now, today=context.calendar.day_of(now)):
        removed = upkeep.ROWS_AT_ONCE
        while removed == upkeep.ROWS_AT_ONCE:
            with transaction(context.engine) as session:
                removed = upkeep.remove(session, statement, parameters=parameters)


def seal_blocks(_minute: str, *, context: Context) -> None:
    """Seal what has changed; several blocks where many accounts have."""
    keyring = keyring_of(context.settings.signing_keys)
    leaves = LEAVES_MAX
    while leaves == LEAVES_MAX:
        with transaction(context.engine) as session:
            block = seal(session, keyring=keyring, now=context.clock())
        leaves = block.leaves if block else 0


def deliver_webhooks(_window: str, *, context: Context) -> None:
    """Send what the forum is to be told."""
    deliver(context=context)


class Job(Protocol):
    """A job takes one word that names what it is about."""

    def __call__(self, argument: str, /, *, context: Context) -> None: ...


JOBS: Mapping[str, Job] = MappingProxyType(
    {
        "settle-season": settle_season,
        "rank-midnight": rank_midnight,
        "expire-redemptions": expire_redemptions,
        "lapse-points": lapse_points,
        "tell-lapses": tell_lapses,
        "keep-house": keep_house,
        "seal-blocks": seal_blocks,
        DELIVER: deliver_webhooks,
    }
)
