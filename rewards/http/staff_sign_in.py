"""Signing staff in, for the API and the page alike: slowed after failures, the password compared outside of locks."""

import math

from flask import request

from rewards.access.passwords import is_password
from rewards.access.staff_sessions import SignedIn
from rewards.access.staff_sign_in import MustWait, begin_try
from rewards.errors import NotSignedIn, TooManyFailures
from rewards.http.surroundings import here, request_now
from rewards.runtime.database import transaction
from rewards.staff.signing_in import let_in, turn_away


def sign_in_staff(*, name: str, password: str) -> SignedIn:
    """Sign somebody in from where the request comes.

    Raises NotSignedIn, in the same words whether name or password is wrong; TooManyFailures whether they are right or
    not, while whoever asks has to wait.
    """
    address, now = request.remote_addr, request_now()
    with transaction(here().engine) as session:
        tried = begin_try(session, name=name, address=address, now=now)
    if isinstance(tried, MustWait):
        raise TooManyFailures(math.ceil(tried.wait.total_seconds()))
    right = is_password(password, tried.kept)
    with transaction(here().engine) as session:
        if right:
            return let_in(session, tried, address=address, agent=request.headers.get("User-Agent"), now=now)
        turn_away(session, tried, now=now)
    raise NotSignedIn("Name or password is not right.")
