"""What the service refuses, with the facts of it. Nothing here knows HTTP; `rewards/http/problems.py` maps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


class RewardsError(Exception):
    """Any refusal of the service."""


@dataclass(eq=False)
class PolicyInvalid(RewardsError):
    """A policy document that cannot be read; `errors` by field."""

    file: str
    errors: Mapping[str, Any]


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
