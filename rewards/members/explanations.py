"""Why points came, or did not: what stands behind the lines of a statement, and the events that earned nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.members.accounts import OF_MEMBER
from rewards.members.statement import StatementLine
from rewards.ranking.seasons import Calendar

_OCCASIONS = text(
    "select e.seq, e.occurred_at, v.board from entry e"
    " left join event v on v.account_id = e.account_id and v.seq = e.seq"
    " where e.account_id = :account_id and e.seq = any(cast(:seqs as bigint[]))"
)
# Awards by a version of their rule that had a cap: what the caps have counted, in the order in which they counted it.
_CAPPED_AWARDS = text(
    "select v.seq, v.type, v.occurred_at, v.points, r.times_per_day, r.points_per_day from event v join"
    " (select key, key || '@' || version as name, cast(definition ->> 'times_per_day' as bigint) as times_per_day,"
    " cast(definition ->> 'points_per_day' as bigint) as points_per_day from rule) r"
    " on r.key = v.type and r.name = v.rule"
    " where v.account_id = :account_id and v.outcome = 'awarded' and v.occurred_at >= :since and v.occurred_at < :until"
    " and (r.times_per_day is not null or r.points_per_day is not null) order by v.decision_no"
)
_PRODUCTS = text(
    "select r.redemption_id, p.name_ko, p.name_en from redemption r join product p using (product_id)"
    " where r.account_id = :account_id and r.redemption_id = any(cast(:ids as uuid[]))"
)
_REFUSALS = text(
    f"select type, board, outcome, reason, occurred_at from event where {OF_MEMBER}"
    " and occurred_at >= coalesce(cast(:since as timestamptz), '-infinity')"
    " and occurred_at < coalesce(cast(:until as timestamptz), 'infinity')"
    " and (outcome in ('capped', 'declined', 'rejected') or (outcome = 'ignored' and reason = 'board_earns_nothing'))"
    " order by occurred_at desc limit :limit"
)
_SET_ASIDE = text(
    "select h.action, h.recorded_at, r.points, p.name_ko, p.name_en from redemption r"
    " join redemption_history h using (redemption_id) join product p using (product_id)"
    f" where r.{OF_MEMBER} and r.origin = 'market'"
    " and h.action in ('request', 'cancel', 'reject', 'expire')"
    " and h.recorded_at >= coalesce(cast(:since as timestamptz), '-infinity')"
    " and h.recorded_at < coalesce(cast(:until as timestamptz), 'infinity') order by h.step desc limit :limit"
)


class Count(NamedTuple):
    """How far a cap was used by an award, that one included: the `used`-th, or so many points, of `most` a day."""

    used: int
    most: int


class Product(NamedTuple):
    """What points were exchanged for."""

    name_ko: str
    name_en: str


class SetAside(NamedTuple):
    """Points set aside for a redemption (`action` is `request`), or given back: `cancel`, `reject` or `expire`."""

    action: str
    at: datetime
    points: int
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind a line.

    `times` and `points` count an award of a rule with a cap on the award's community day; `board` is of the forum;
    `award_at` is when the award occurred that a reversal or restore is about.
    """

    board: str | None = None
    times: Count | None = None
    points: Count | None = None
    product: Product | None = None
    award_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Events of a type that earned nothing on a community day, for one reason. `board` only where it is the reason."""

    day: date
    type: str
    board: str | None
    outcome: str
    reason: str | None
    events: int


def what_stands_behind(
    session: Session, lines: Sequence[StatementLine], *, account_id: UUID, calendar: Calendar
) -> dict[int, Behind]:
    """For each line, by its `seq`, what it takes to say in words why it is there."""
    counts = _counts(session, lines, account_id=account_id, calendar=calendar)
    occasions = _occasions(session, lines, account_id=account_id)
    products = _products(session, lines, account_id=account_id)
    return {line.seq: _behind(line, counts=counts, occasions=occasions, products=products) for line in lines}


def refusals(
    session: Session,
    account_id: UUID,
    *,
    since: datetime | None,
    until: datetime | None,
    calendar: Calendar,
    most: int = 2000,
) -> list[Refusal]:
    """The latest events, `most` at most, that occurred from `since` to before `until` and earned nothing: by day."""
    parameters = {"account_id": account_id, "since": since, "until": until, "limit": most}
    counted: dict[tuple[date, str, str | None, str, str | None], int] = {}
    for row in session.execute(_REFUSALS, parameters):
        board = row.board if row.reason == "board_earns_nothing" else None
        key = (calendar.day_of(row.occurred_at), row.type, board, row.outcome, row.reason)
        counted[key] = counted.get(key, 0) + 1
    return [
        Refusal(day=day, type=kind, board=board, outcome=outcome, reason=reason, events=events)
        for (day, kind, board, outcome, reason), events in counted.items()
    ]


def points_set_aside(
    session: Session, account_id: UUID, *, since: datetime | None, until: datetime | None, most: int = 200
) -> list[SetAside]:
    """What was set aside and given back from `since` to before `until`, the latest first: neither is an entry."""
    parameters = {"account_id": account_id, "since": since, "until": until, "limit": most}
    return [
        SetAside(row.action, row.recorded_at, row.points, Product(row.name_ko, row.name_en))
        for row in session.execute(_SET_ASIDE, parameters)
    ]


def _behind(
    line: StatementLine,
    *,
    counts: dict[int, tuple[Count | None, Count | None]],
    occasions: dict[int, Row[Any]],
    products: dict[UUID, Product],
) -> Behind:
    occasion = occasions.get(line.award_seq or line.seq)
    times, points = counts.get(line.seq, (None, None))
    return Behind(
        board=occasion.board if occasion else None,
        times=times,
        points=points,
        product=products.get(line.transfer_id),
        award_at=occasion.occurred_at if occasion and line.award_seq else None,
    )


def _occasions(session: Session, lines: Sequence[StatementLine], *, account_id: UUID) -> dict[int, Row[Any]]:
    seqs = sorted({line.award_seq or line.seq for line in lines})
    rows = session.execute(_OCCASIONS, {"account_id": account_id, "seqs": seqs}) if seqs else ()
    return {row.seq: row for row in rows}


def _products(session: Session, lines: Sequence[StatementLine], *, account_id: UUID) -> dict[UUID, Product]:
    ids = sorted({line.transfer_id for line in lines if line.kind in ("capture", "refund")})
    rows = session.execute(_PRODUCTS, {"account_id": account_id, "ids": ids}) if ids else ()
    return {row.redemption_id: Product(row.name_ko, row.name_en) for row in rows}


def _counts(
    session: Session, lines: Sequence[StatementLine], *, account_id: UUID, calendar: Calendar
) -> dict[int, tuple[Count | None, Count | None]]:
    """Times and points that were used of the day's caps, by the `seq` of the award."""
    days = sorted({calendar.day_of(line.occurred_at) for line in lines if line.kind == "award"})
    if not days:
        return {}
    since, until = calendar.day_start(days[0]), calendar.day_start(days[-1] + timedelta(days=1))
    rows = session.execute(_CAPPED_AWARDS, {"account_id": account_id, "since": since, "until": until})
    return _counted(rows, days=frozenset(days), calendar=calendar)


def _counted(
    awards: Iterable[Row[Any]], *, days: frozenset[date], calendar: Calendar
) -> dict[int, tuple[Count | None, Count | None]]:
    used: dict[tuple[str, date], tuple[int, int]] = {}
    found: dict[int, tuple[Count | None, Count | None]] = {}
    for award in awards:
        day = calendar.day_of(award.occurred_at)
        if day not in days:
            continue
        times, points = used.get((award.type, day), (0, 0))
        times, points = used[award.type, day] = times + 1, points + award.points
        found[award.seq] = (
            None if award.times_per_day is None else Count(times, award.times_per_day),
            None if award.points_per_day is None else Count(points, award.points_per_day),
        )
    return found
