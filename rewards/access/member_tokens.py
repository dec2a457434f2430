"""A member's token, issued by the forum (JWT). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

import jwt

from rewards.errors import NotSignedIn

SIGN_IN_AGE_MAX = timedelta(seconds=60)
CLOCK_LEEWAY = timedelta(seconds=5)
"""How far the forum's clock may be ahead."""
_LATEST = 253_402_300_799
_UNCHECKED = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["sub", "aud", "exp"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTerms:
    """How the forum signs its tokens, and for whom."""

    key: str
    algorithm: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberToken:
    """What a valid token says."""

    member_id: str
    expires_at: datetime
    issued_at: datetime | None
    jti: str | None


def read_member_token(token: str, *, terms: TokenTerms, now: datetime) -> MemberToken:
    """Check a token's signature, audience and times. Raises NotSignedIn with what is wrong."""
    claims = _claims(token, terms)
    expires_at, starts_at = _time(claims, "exp"), _time(claims, "nbf")
    if expires_at is None or expires_at <= now:
        raise NotSignedIn("The member's token has expired. Ask the forum for a new one.")
    if starts_at is not None and starts_at > now + CLOCK_LEEWAY:
        raise NotSignedIn("The member's token is not valid yet (nbf).")
    jti = claims.get("jti")
    return MemberToken(
        member_id=_subject(claims),
        expires_at=expires_at,
        issued_at=_time(claims, "iat"),
        jti=jti if isinstance(jti, str) else None,
    )


def check_fresh(token: MemberToken, *, now: datetime) -> str:
    """The `jti` of a token that may sign somebody in: issued at most 60 s ago. Raises NotSignedIn."""
    if not token.jti or len(token.jti) > 255 or "\x00" in token.jti:
        raise NotSignedIn("A token for signing in needs a `jti` of 1–255 characters.")
    if token.issued_at is None or not now - SIGN_IN_AGE_MAX <= token.issued_at <= now + CLOCK_LEEWAY:
        raise NotSignedIn(
            "A token for signing in must have been issued (`iat`) at most 60 seconds ago."
            " Go back to the forum and try again."
        )
    return token.jti


def is_member_id(value: object) -> TypeGuard[str]:
    """1–64 characters, no control characters, nothing that UTF-8 cannot write."""
    return isinstance(value, str) and 1 <= len(value) <= 64 and not any(_is_control(character) for character in value)


def _is_control(character: str) -> bool:
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0xD800 <= code <= 0xDFFF


def _claims(token: str, terms: TokenTerms) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            terms.key,
            algorithms=[terms.algorithm],
            audience=terms.audience,
            options=_UNCHECKED,  # pyright: ignore[reportArgumentType]  # a TypedDict of theirs
        )
    except jwt.MissingRequiredClaimError as error:
        raise NotSignedIn(f"The member's token lacks the claim {error.claim!r}.") from None
    except jwt.InvalidAudienceError:
        raise NotSignedIn("The member's token is for another audience (aud).") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise NotSignedIn(
            "The bearer token is neither an API key, a staff token nor a member's token that the forum signed."
        ) from None


def _time(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise NotSignedIn(f"The claim {name!r} of the member's token is no time in seconds since 1970.")
    return datetime.fromtimestamp(value, UTC)


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_member_id(subject):
        raise NotSignedIn(
            "The member's token must name the member in `sub`: 1–64 characters without control characters."
        )
    return subject
