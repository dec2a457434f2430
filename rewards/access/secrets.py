"""Secrets that are shown once and kept as digests."""

from hashlib import sha256
from secrets import token_urlsafe

KEY_PREFIX = "ptk_"
STAFF_PREFIX = "pts_"
MEMBER_PREFIX = "ptm_"


def new_secret(prefix: str) -> str:
    """A secret of 256 random bits whose prefix says what it opens."""
    return prefix + token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: 256 random bits need no slow hash."""
    return sha256(secret.encode()).digest()
