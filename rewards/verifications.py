"""When everything was last compared with the ledger, and what was found: the record that staff and operator see."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

PAUSE_MIN, PAUSE_MAX = timedelta(minutes=5), timedelta(hours=1)
SHARE = 20
"""A verification rests for so many times as long as it took: it reads for a twentieth of the time at most."""
STALE_AFTER = timedelta(hours=2)

_COLUMNS = "started_at, finished_at, rows, ranking_compared, findings, first_finding"
_RECORD = text(
    f"insert into verification ({_COLUMNS})"
    " values (:started_at, :finished_at, :rows, :ranking_compared, :findings, :first_finding)"
)
_LAST = text(f"select {_COLUMNS} from verification order by finished_at desc, verification_id desc limit 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One time that everything was compared. `rows` counts entries and decisions."""

    started_at: datetime
    finished_at: datetime
    rows: int
    ranking_compared: bool
    findings: int
    first_finding: str | None = None

    def alarms(self, now: datetime) -> bool:
        """Whether somebody should look: something was found, or nobody has looked for long."""
        return self.findings > 0 or self.is_stale(now)

    def is_stale(self, now: datetime) -> bool:
        """Whether it is too long ago to say anything about the present."""
        return now - self.finished_at > STALE_AFTER

    @property
    def next_at(self) -> datetime:
        """When the next one should begin."""
        rest = SHARE * (self.finished_at - self.started_at)
        return self.finished_at + min(max(rest, PAUSE_MIN), PAUSE_MAX)


def record_verification(session: Session, done: Verification) -> None:
    """Keep it."""
    row = {name: getattr(done, name) for name in _COLUMNS.split(", ")}
    session.execute(_RECORD, row)


def last_verification(session: Session) -> Verification | None:
    """The one that ended last; None where there was none yet."""
    row = session.execute(_LAST).one_or_none()
    return None if row is None else Verification(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's public accessor
