"""How much of a rule's caps members have used, by community day and ever."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import named
from rewards.earning.rules import Rule

EVER = "ever"


class UsageKey(NamedTuple):
    """Of one rule and member, in a period: a community day as ISO date, or `ever`."""

    account_id: UUID
    rule_key: str
    period: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Awards counted, their points, and the latest `occurred_at` among them."""

    times: int
    points: int
    last_at: datetime

    def with_award(self, points: int, occurred_at: datetime) -> "Usage":
        """Usage after one more award."""
        return Usage(self.times + 1, self.points + points, max(self.last_at, occurred_at))


_KEYS = ("accounts", "rules", "periods")
_READ = text(
    "select account_id, rule_key, period, times, points, last_at from cap_usage where (account_id, rule_key, period) in"
    " (select * from unnest(cast(:accounts as uuid[]), cast(:rules as text[]), cast(:periods as text[])))"
)
_WRITE = text(
    "insert into cap_usage (account_id, rule_key, period, times, points, last_at)"
    " select * from unnest(cast(:accounts as uuid[]), cast(:rules as text[]), cast(:periods as text[]),"
    " cast(:times as bigint[]),"
    " cast(:points as bigint[]), cast(:last as timestamptz[])) on conflict (account_id, rule_key, period)"
    " do update set times = excluded.times, points = excluded.points, last_at = excluded.last_at"
)


_FOLD = text(
    "with gone as (delete from cap_usage where account_id = :gone returning *)"
    " insert into cap_usage as u (account_id, rule_key, period, times, points, last_at)"
    " select :into, rule_key, period, times, points, last_at from gone on conflict (account_id, rule_key, period)"
    " do update set times = u.times + excluded.times, points = u.points + excluded.points,"
    " last_at = greatest(u.last_at, excluded.last_at)"
)


def usage_keys(rule: Rule, *, account_id: UUID, day: date) -> tuple[UsageKey, ...]:
    """What deciding by the rule has to know: nothing for a rule without caps."""
    keys: list[UsageKey] = []
    if rule.times_per_day is not None or rule.points_per_day is not None:
        keys.append(UsageKey(account_id, rule.key, day.isoformat()))
    if rule.once_ever or rule.cooldown_s is not None:
        keys.append(UsageKey(account_id, rule.key, EVER))
    return tuple(keys)


def read_usage(session: Session, keys: Iterable[UsageKey]) -> dict[UsageKey, Usage]:
    """What has been used so far; the accounts must be locked when it is to be written."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = session.execute(_READ, named(_KEYS, wanted))
    return {
        UsageKey(row.account_id, row.rule_key, row.period): Usage(row.times, row.points, row.last_at) for row in rows
    }


def write_usage(session: Session, used: Mapping[UsageKey, Usage]) -> None:
    """Write usage absolutely; the accounts must be locked."""
    if used:
        rows = [(*key, usage.times, usage.points, usage.last_at) for key, usage in used.items()]
        session.execute(_WRITE, named((*_KEYS, "times", "points", "last"), rows))


def fold_usage(session: Session, gone: UUID, *, into: UUID) -> None:
    """Count what one account has used as another's; both must be locked."""
    session.execute(_FOLD, {"gone": gone, "into": into})
