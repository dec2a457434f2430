"""A round of verifying: slice after slice, each in a short moment of its own, with a rest that pays for it.

Nothing of it is held for long, so that the database can clean up and the outbox goes on. Where the round is lies in
the database: whoever is interrupted goes on there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.signing import keyring_of
from ledger.verify_slices import Finding, Key, Part
from rewards.commands.context import Context
from rewards.commands.verify_reading import moment
from rewards.runtime.database import transaction
from rewards.verifications import (
    Round,
    Verification,
    end_round,
    height_before,
    keep_round,
    read_verified,
    record_verification,
)
from rewards.verify import parts

SHARE = 20
"""It rests for so many times as long as it read: it reads for a twentieth of the time at most."""
REST_AT_LEAST_S, REST_AT_MOST_S = 1.0, 60.0
FREE_S = 5.0
"""The first seconds of a round are paid for by the pause after it: a small database is verified in one go."""
TOLD_MAX = 20
FINDING_LENGTH_MAX = 500

log = structlog.get_logger()

Compare = Callable[[], list[Finding] | None]
"""Compares the ranking in Redis; None where that can't be done."""


@dataclass(slots=True)
class Rest:
    """How long to rest for what was read."""

    sleep: Callable[[float], None] = time.sleep
    owed_s: float = -FREE_S * (SHARE - 1)

    def after(self, read_s: float) -> None:
        """Rest, or remember to."""
        self.owed_s += read_s * (SHARE - 1)
        if self.owed_s >= REST_AT_LEAST_S:
            rested_s = min(self.owed_s, REST_AT_MOST_S)
            self.sleep(rested_s)
            self.owed_s -= rested_s


def go_round(context: Context, *, compare: Compare, rest: Rest) -> int:
    """Go on with the round to its end, or begin one; answers how many broken rows are known then.

    Raises SQLAlchemyError where the database is away: what was verified until then stays so.
    """
    while True:
        began_s = time.monotonic()
        present = verify_slice(context)
        if present is None:
            return _finish(context, compare=compare)
        rest.after(time.monotonic() - began_s)


def verify_slice(context: Context) -> Round | None:
    """Verify the next slice, and keep where the round is then. None when nothing is left of it."""
    now = context.clock()
    present_parts = parts(calendar=context.calendar, now=now, keyring=keyring_of(context.settings.signing_keys))
    with moment(context.engine) as session:
        before = read_verified(session).present
        place = next_place(present_parts, before)
        if place is None:
            return None
        part, first = place
        piece = part.cut(session, first)
        found = list(part.findings(session, piece))
        accounts = before.of_accounts if before else _count(session)
    tell(found)
    after = Round(
        part=part.name,
        last=str(piece.last),
        accounts=piece.accounts + (before.accounts if before else 0),
        of_accounts=accounts,
        rows=piece.rows + (before.rows if before else 0),
        findings=len(found) + (before.findings if before else 0),
        first_finding=(before.first_finding if before else None) or first_of(found),
        started_at=before.started_at if before else now,
        finished_at=context.clock(),
    )
    with transaction(context.engine) as session:
        keep_round(session, after)
    return after


def next_place(present_parts: Sequence[Part], before: Round | None) -> tuple[Part, Key] | None:
    """The part and the key at which a round goes on; None at its end. Parts that are gone are begun anew."""
    names = [part.name for part in present_parts]
    if before is None or before.part not in names:
        return present_parts[0], present_parts[0].keys.lowest
    number = names.index(before.part)
    keys = present_parts[number].keys
    last = keys.read(before.last)
    if last != keys.highest:
        return present_parts[number], keys.after(last)
    following = present_parts[number + 1 : number + 2]
    return (following[0], following[0].keys.lowest) if following else None


def tell(found: Sequence[Finding]) -> None:
    """Write findings to the log, at once."""
    for finding in found[:TOLD_MAX]:
        log.error("verification.found", **finding._asdict())
    if len(found) > TOLD_MAX:
        log.error("verification.found", more=len(found) - TOLD_MAX, see="rewards verify")


def first_of(found: Sequence[Finding]) -> str | None:
    """The first finding as it is kept."""
    return f"{found[0].check}: {found[0].where}: {found[0].says}"[:FINDING_LENGTH_MAX] if found else None


def _finish(context: Context, *, compare: Compare) -> int:
    """The ranking, which is no part of the database; then the round is one more verification."""
    in_redis = compare()
    tell(in_redis or [])
    with transaction(context.engine) as session:
        done = read_verified(session).present
        if done is None:
            return 0
        found = done.findings + len(in_redis or [])
        record_verification(
            session,
            Verification(
                started_at=done.started_at,
                finished_at=context.clock(),
                rows=done.rows,
                ranking_compared=in_redis is not None,
                findings=found,
                first_finding=done.first_finding or first_of(in_redis or []),
                height=height_before(session, done.started_at),
            ),
        )
        end_round(session)
    return found


def _count(session: Session) -> int:
    return session.execute(text("select count(*) from account")).scalar_one()
