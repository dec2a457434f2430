"""What the service refuses, with the facts of it. Nothing here knows HTTP; `rewards/http/problems.py` maps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID


class RewardsError(Exception):
    """Any refusal of the service."""


@dataclass(eq=False)
class PolicyInvalid(RewardsError):
    """A policy that cannot be meant; `mistakes` say where and what, in the order of the lines."""

    file: str
    mistakes: Sequence[Any]


class NoPolicy(RewardsError):
    """No policy has been applied yet, so nothing can be decided."""


@dataclass(eq=False)
class EventInFuture(RewardsError):
    """The event says that it occurred later than the clock tolerates."""

    occurred_at: datetime
    latest: datetime


@dataclass(eq=False)
class NotToday(RewardsError):
    """A check-in named a day that is not the community's today."""

    day: date
    today: date


@dataclass(eq=False)
class MemberSuspended(RewardsError):
    """The member may neither earn nor spend now."""

    member_id: str
    since: datetime


@dataclass(eq=False)
class StaleForm(RewardsError):
    """A page's form that does not belong to the session it came in with: left open too long, or another site's."""


@dataclass(eq=False)
class NotSignedIn(RewardsError):
    """Nobody, or nobody who may still come in, sent the request; `why` says what is missing."""

    why: str


@dataclass(eq=False)
class TooManyFailures(RewardsError):
    """Somebody failed to sign in too often; from `wait_s` seconds on they may try again."""

    wait_s: int


@dataclass(eq=False)
class ScopeMissing(RewardsError):
    """Whoever sent the request may not do this; names what would allow it."""

    scope: str


@dataclass(eq=False)
class NotYours(RewardsError):
    """A member asked for what belongs to another member."""


@dataclass(eq=False)
class UnknownThing(RewardsError):
    """There is no such thing: `kind` says of what (`member`, `season`), `name` how it was asked for."""

    kind: str
    name: str


class MemberMoved(RewardsError):
    """Somebody was erased or merged, or checked in for the next day, before being locked: roll back, run it again."""


@dataclass(eq=False)
class MergeRefused(RewardsError):
    """A member who cannot be merged into `into`.

    `why`: `merged` (somebody else's id since an earlier merge), `itself`, or `held` (points are set aside).
    """

    member_id: str
    why: Literal["merged", "itself", "held"]
    into: str


@dataclass(eq=False)
class NameTaken(RewardsError):
    """A key or a staff account of that name exists already."""

    kind: str
    name: str


@dataclass(eq=False)
class AwardReversed(RewardsError):
    """The entry was taken back before, or is of a kind that cannot be."""

    seq: int
    why: str


@dataclass(eq=False)
class NotRestorable(RewardsError):
    """The entry is no reversal, or its award was given again before."""

    seq: int
    why: str


@dataclass(eq=False)
class CapReached(RewardsError):
    """What one of the staff may adjust on a day of the community: `used` of `cap` points are, and more was asked."""

    cap: int
    used: int


@dataclass(eq=False)
class AdjustmentDecided(RewardsError):
    """The adjustment waits no more: it is `approved`, `refused` or `withdrawn`."""

    adjustment_id: UUID
    state: str


@dataclass(eq=False)
class AskedByYou(RewardsError):
    """Whoever asked for an adjustment cannot be the second who decides on it; it can be withdrawn."""

    adjustment_id: UUID


@dataclass(eq=False)
class AskedByAnother(RewardsError):
    """Only whoever asked for an adjustment withdraws it; others refuse it."""

    adjustment_id: UUID
    asked_by: str


@dataclass(eq=False)
class MemberGone(RewardsError):
    """The member of an adjustment has been erased or merged since: it can be refused or withdrawn only."""

    adjustment_id: UUID


@dataclass(eq=False)
class SeasonNotInReview(RewardsError):
    """Only a provisional season can be reviewed."""

    season_id: date
    state: str


@dataclass(eq=False)
class WinnersChanged(RewardsError):
    """Others would win the season now than those who were shown to whoever accepts it."""

    season_id: date


@dataclass(eq=False)
class SeasonNotOver(RewardsError):
    """The season takes awards still: there is nothing to settle before it ends."""

    season_id: date
    ends_at: datetime


@dataclass(eq=False)
class NotInStanding(RewardsError):
    """The member has no line in the season's standing."""

    season_id: date
    account_id: UUID


@dataclass(eq=False)
class PrizeNotReturned(RewardsError):
    """A prize goes on only from a redemption that was rejected, cancelled or expired, and only once."""

    redemption_id: UUID


@dataclass(eq=False)
class SeasonNotPast(RewardsError):
    """Only weeks before the one in which the service first ran are opened by hand; others open by themselves."""

    season_id: date
    first: date


@dataclass(eq=False)
class BadPicture(RewardsError):
    """An upload that cannot be a product's picture.

    `problem`: `empty`, `too_many_bytes`, `no_picture` (of none of the kinds that are taken), `broken`,
    `too_many_pixels` or `animated`.
    """

    problem: str


@dataclass(eq=False)
class UnreadableFile(RewardsError):
    """An upload that cannot be read as lines of text. `problem`: `workbook` (a spreadsheet) or `encoding`."""

    problem: str


@dataclass(eq=False)
class NotAnExport(RewardsError):
    """A file that is not a whole export of this version; `why` says what is wrong with it."""

    why: str


@dataclass(eq=False)
class NotEmpty(RewardsError):
    """A table that holds rows which are not the export's: an import goes into a database in which nothing else is."""

    table: str
