"""Telling whoever's points lapse soon: at most once a community day, and of no lot twice."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import array, named
from ledger.outbox import Notice, emit

TOPIC = "lapsing"

_OWNERS = text(
    "select account_id from account where lapsing > 0 and account_id > :after order by account_id limit :limit"
)
_UNTOLD = text(
    "select l.account_id, cast(sum(l.remaining) as bigint) as points, min(l.expires_at) as lapses_at,"
    " greatest(max(l.expires_at), max(n.lapses_until)) as until"
    " from lot l left join lapse_notice n using (account_id)"
    " where l.account_id = any(cast(:owners as uuid[])) and l.remaining > 0"
    " and l.expires_at > :now and l.expires_at <= :until and (n.told_at is null or"
    " (n.told_at < :day_start and (l.expires_at > n.lapses_until or l.recorded_at > n.told_at)))"
    " group by 1 order by 1"
)
_TELL = text(
    "insert into lapse_notice (account_id, told_at, lapses_until)"
    " select account_id, :now, lapses_until from unnest(cast(:accounts as uuid[]), cast(:untils as timestamptz[]))"
    " as n(account_id, lapses_until) on conflict (account_id) do update"
    " set told_at = excluded.told_at, lapses_until = excluded.lapses_until"
    " where lapse_notice.told_at < :day_start returning account_id"
)


class Told(NamedTuple):
    """Where telling goes on, none at the end; and how many accounts were told."""

    after: UUID | None
    accounts: int


def tell_some(
    session: Session, *, after: UUID | None, until: datetime, day_start: datetime, limit: int, now: datetime
) -> Told:
    """Tell the next `limit` accounts with lots what lapses up to `until`, unless they were told since `day_start`.

    The notice carries the points of the lots that they were not told of, and when the first of them lapse.
    """
    owners = list(session.scalars(_OWNERS, {"after": after or UUID(int=0), "limit": limit}))
    if not owners:
        return Told(None, 0)
    wanted = {"owners": array(owners), "now": now, "until": until, "day_start": day_start}
    untold = {row.account_id: row for row in session.execute(_UNTOLD, wanted)}
    rows = named(("accounts", "untils"), [(row.account_id, row.until) for row in untold.values()])
    told = set(session.scalars(_TELL, {**rows, "now": now, "day_start": day_start})) if untold else set[UUID]()
    notices = [
        Notice(TOPIC, row.account_id, {"points": row.points, "lapses_at": row.lapses_at.isoformat()})
        for row in untold.values()
        if row.account_id in told
    ]
    emit(session, notices, now=now)
    return Told(owners[-1], len(notices))
