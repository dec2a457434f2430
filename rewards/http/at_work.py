"""Somebody of the staff at work, as the present request finds them: for the API and the pages alike."""

from market.codes import CodeKeys, code_keys
from rewards.http.auth import current_caller
from rewards.http.surroundings import here, request_now
from rewards.http.terms import request_today
from rewards.staff.redemptions import AtWork


def at_work() -> AtWork:
    """Whoever was admitted to the present call or page, and what they work with."""
    return AtWork(caller=current_caller(), keys=keys_at_work(), today=request_today(), now=request_now())


def keys_at_work() -> CodeKeys:
    """What encrypts secrets that are kept: codes, and those that sign webhooks."""
    return code_keys(here().settings.code_keys)
