"""How members and staff of the demo sign in: as the forum would let them, with the configured key. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from hmac import new as keyed_digest
from urllib.parse import urlencode
from uuid import uuid4

import jwt

from rewards.access.member_tokens import SIGN_IN_AGE_MAX, TokenTerms

SYMMETRIC = "HS256"


class OnlyForumCanSign(Exception):
    """Members' tokens are signed by a private key that only the forum has."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(f"MEMBER_JWT_ALGORITHM is {algorithm}: only the forum can sign members in, the demo cannot.")


def token_of(member_id: str, *, terms: TokenTerms, now: datetime, lasts: timedelta = SIGN_IN_AGE_MAX) -> str:
    """A member's token, as the forum would sign it. Raises OnlyForumCanSign."""
    if terms.algorithm != SYMMETRIC:
        raise OnlyForumCanSign(terms.algorithm)
    claims = {
        "sub": member_id,
        "aud": terms.audience,
        "iat": int(now.timestamp()),
        "exp": int((now + lasts).timestamp()),
        "jti": str(uuid4()),
    }
    return jwt.encode(claims, terms.key, algorithm=SYMMETRIC)


def sign_in_link(member_id: str, *, url: str, terms: TokenTerms, now: datetime, wanted: str = "/ranking") -> str:
    """An address that signs a browser in as the member, once, within a minute, and goes on to the page that is wanted.

    Raises OnlyForumCanSign.
    """
    query = urlencode({"token": token_of(member_id, terms=terms, now=now), "next": wanted})
    return f"{url}/sso?{query}"


def staff_password(secret_key: str, *, name: str) -> str:
    """The password of one of the demo's staff: its own in every installation, and the same each time it is told."""
    return keyed_digest(secret_key.encode(), f"rewards demo staff {name}".encode(), sha256).hexdigest()[:16]
