"""Somebody of the staff who adjusts points, as the present request finds them: for the API and the pages alike."""

from rewards.http.auth import current_caller
from rewards.http.surroundings import here, request_now
from rewards.http.terms import request_today
from rewards.staff.adjustments import Adjuster
from rewards.staff.limits import AdjustLimits


def adjuster() -> Adjuster:
    """Whoever was admitted, with the limits of the present day."""
    settings = here().settings
    limits = AdjustLimits(approval_above=settings.adjust_approval_above, cap_per_day=settings.adjust_cap_per_day)
    day_start = here().calendar.day_start(request_today())
    return Adjuster(actor=current_caller().actor, limits=limits, day_start=day_start, now=request_now())
