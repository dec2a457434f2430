"""When everything was last compared with the ledger, and what was found: the record that staff and operator see.

It is compared in rounds, slice after slice, all the time; a round that goes on is kept in one row, so that whoever
is interrupted goes on where it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

PAUSE = timedelta(minutes=5)
"""Between two rounds: where everything is read in a second, a second in five minutes is enough."""
STALE_AFTER = timedelta(hours=2)

_COLUMNS = "started_at, finished_at, rows, ranking_compared, findings, first_finding, height"
_RECORD = text(
    f"insert into verification ({_COLUMNS}) values (:started_at, :finished_at, :rows, :ranking_compared, :findings,"
    " :first_finding, :height)"
)
_LAST = text(f"select {_COLUMNS} from verification order by finished_at desc, verification_id desc limit 1")
_ROUND_COLUMNS = (
    "part, last, accounts, of_accounts, rows, findings, first_finding, started_at, finished_at"  # as in the table
)
_ROUND = text(f"select {_ROUND_COLUMNS} from verification_round")
_KEEP_ROUND = text(
    f"insert into verification_round ({_ROUND_COLUMNS}) values (:part, :last, :accounts, :of_accounts, :rows,"
    " :findings, :first_finding, :started_at, :finished_at) on conflict (one_row) do update set part = excluded.part,"
    " last = excluded.last, accounts = excluded.accounts, of_accounts = excluded.of_accounts, rows = excluded.rows,"
    " findings = excluded.findings, first_finding = excluded.first_finding, started_at = excluded.started_at,"
    " finished_at = excluded.finished_at"
)
_END_ROUND = text("delete from verification_round")
_HEIGHT = text("select max(height) from block where sealed_at <= :before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One time that everything was compared, as it was at `started_at` or later. `rows` counts entries and decisions.

    `height` is the last block that was there when it began.
    """

    started_at: datetime
    finished_at: datetime
    rows: int
    ranking_compared: bool
    findings: int
    first_finding: str | None = None
    height: int | None = None

    @property
    def next_at(self) -> datetime:
        """When the next one should begin."""
        return self.finished_at + PAUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far a round is: through the key `last` of `part`, so many of the accounts; and what it found so far.

    `finished_at` is when its last slice was.
    """

    part: str
    last: str
    accounts: int
    of_accounts: int
    rows: int
    findings: int
    first_finding: str | None
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """All that is known: the last complete round or run, and the round that goes on, if one does."""

    last: Verification | None
    present: Round | None

    @property
    def findings(self) -> int:
        """How many broken rows are known: the present round's as soon as it has one, else the last one's."""
        return self._finder.findings if self._finder else 0

    @property
    def first_finding(self) -> str | None:
        """The first of them."""
        return self._finder.first_finding if self._finder else None

    @property
    def looked_at(self) -> datetime | None:
        """When something was last compared."""
        return max((one.finished_at for one in (self.last, self.present) if one), default=None)

    def alarms(self, now: datetime) -> bool:
        """Whether somebody should look: something was found, or nobody has looked for long."""
        return self.findings > 0 or self.is_stale(now)

    def is_stale(self, now: datetime) -> bool:
        """Whether nothing was compared for so long that this says nothing about the present."""
        return self.looked_at is not None and now - self.looked_at > STALE_AFTER

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should go on with the round, or begin the next."""
        return self.present is not None or self.last is None or now >= self.last.next_at

    @property
    def _finder(self) -> Verification | Round | None:
        return self.present if self.present and self.present.findings else self.last


def read_verified(session: Session) -> Verified:
    """When everything was last compared, and how far the present round is."""
    last, present = session.execute(_LAST).one_or_none(), session.execute(_ROUND).one_or_none()
    return Verified(
        last=None if last is None else Verification(**last._mapping),  # noqa: SLF001 -- SQLAlchemy's public accessor
        present=None if present is None else Round(**present._mapping),  # noqa: SLF001 -- the same
    )


def record_verification(session: Session, done: Verification) -> None:
    """Keep it."""
    session.execute(_RECORD, {name: getattr(done, name) for name in _COLUMNS.split(", ")})


def keep_round(session: Session, present: Round) -> None:
    """Keep how far the round is, in the place of how far it was."""
    session.execute(_KEEP_ROUND, {name: getattr(present, name) for name in _ROUND_COLUMNS.split(", ")})


def end_round(session: Session) -> None:
    """Forget how far the round is: it has ended, or begins anew."""
    session.execute(_END_ROUND)


def height_before(session: Session, before: datetime) -> int | None:
    """The last block that had been sealed by then."""
    return session.execute(_HEIGHT, {"before": before}).scalar()
