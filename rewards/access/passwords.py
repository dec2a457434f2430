"""Passwords of staff: argon2id. Pure but for randomness."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

PASSWORD_LENGTH_MIN = 12

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """Checked against when nobody has the name, so that the time of an answer tells nobody which names exist."""
    return _hasher.hash("nobody has this password")


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the password; takes as long when there is none to compare."""
    try:
        return _hasher.verify(kept or _nobody(), password) and kept is not None
    except VerificationError:
        return False
