"""What a setting's text must look like: each check answers its value, or raises ValidationError in words."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import limits
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from marshmallow import ValidationError

from ledger.signing import keyring_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECRET_LENGTH_MIN = 32
SHARED_SECRET_LENGTH_MIN = 16


@dataclass(frozen=True, slots=True)
class SeasonReset:
    """When a season ends and the next begins, on the community's clock; weekday 0 is Monday."""

    weekday: int
    hour: int
    minute: int


def optional(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else ""


def points_or_none(*, least: int) -> Callable[[str], int | None]:
    def points(value: str) -> int | None:
        if not value:
            return None
        if not re.fullmatch("[0-9]{1,12}", value) or int(value) < least:
            raise ValidationError(f"must be a whole number of points, at least {least}, or empty, but is {value!r}.")
        return int(value)

    return points


def some_text(value: str) -> str:
    if not value.strip():
        raise ValidationError("must not be empty.")
    return value


def database_url(value: str) -> str:
    if not re.match(r"postgres(ql)?(\+psycopg)?://", value):
        raise ValidationError("must be an address like postgresql://user:password@host:5432/rewards.")
    return value


def redis_url(value: str) -> str:
    if not re.match(r"(rediss?|unix)://", value):
        raise ValidationError("must be an address like redis://:password@host:6379/0.")
    return value


def secret(value: str) -> str:
    if len(value) < SECRET_LENGTH_MIN:
        raise ValidationError(
            f"must have at least {SECRET_LENGTH_MIN} characters, but has {len(value)};"
            " `python -c 'import secrets; print(secrets.token_urlsafe(48))'` prints a good one."
        )
    return value


def shared_secret(value: str) -> str:
    if len(value) < SHARED_SECRET_LENGTH_MIN:
        raise ValidationError(f"must have at least {SHARED_SECRET_LENGTH_MIN} characters, but has {len(value)}.")
    return value


def code_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ValidationError(
                f"key {number} is no Fernet key (32 bytes in URL-safe base64); `python -c 'from"
                " cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'` prints one."
            ) from None
    if not keys:
        raise ValidationError("must hold at least one Fernet key; the first encrypts, all decrypt.")
    return keys


def signing_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    try:
        keyring_of(keys)
    except ValueError as error:
        raise ValidationError(
            f"must be Ed25519 keys in URL-safe base64, a comma between, the private one that signs first, but {error};"
            " `rewards signing-key` prints a new one."
        ) from None
    return keys


def member_jwt_key(value: str) -> str:
    if os.environ.get("MEMBER_JWT_ALGORITHM") not in ("RS256", "EdDSA"):
        if len(value.encode()) < SECRET_LENGTH_MIN:
            raise ValidationError(
                f"must have at least {SECRET_LENGTH_MIN} bytes for HS256, but has {len(value.encode())}."
            )
        return value
    pem = value.replace("\\n", "\n")
    try:
        load_pem_public_key(pem.encode())
    except ValueError:
        raise ValidationError(
            "must be a public key in PEM form for this MEMBER_JWT_ALGORITHM (\\n may stand for a line's end)."
        ) from None
    return pem


def timezone(value: str) -> ZoneInfo:
    if value not in timezones():
        raise ValidationError(f"must be a time zone's name like Asia/Seoul, but is {value!r}.")
    return ZoneInfo(value)


@cache
def timezones() -> set[str]:
    # Looking through the folders of all of them takes as long as everything else here together.
    return available_timezones()


def season_reset(value: str) -> SeasonReset:
    found = re.fullmatch(rf"({'|'.join(WEEKDAYS)}) ([01]\d|2[0-3]):([0-5]\d)", value.strip().lower())
    if not found:
        raise ValidationError(f"must be a weekday and a time like 'monday 00:00', but is {value!r}.")
    return SeasonReset(WEEKDAYS.index(found[1]), int(found[2]), int(found[3]))


def colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValidationError(f"must be a colour like #2f6fed, but is {value!r}.")
    return value


def public_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValidationError(f"must be the address that people see, like https://points.example, not {value!r}.")
    return value.rstrip("/")


def web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValidationError(f"must be an address like https://forum.example/points, but is {value!r}.")
    return value


def origins(value: str) -> tuple[str, ...]:
    origins = tuple(value.split())
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.*-]+(:\d+)?", origin):
            raise ValidationError(f"must be origins like https://forum.example, a space between, but has {origin!r}.")
    return origins


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(network) for network in value.split())
    except ValueError as error:
        raise ValidationError(f"must be networks like 10.1.0.0/16, a space between, but {error}.") from None


def optional_file(value: str) -> Path | None:
    if value and not Path(value).is_file():
        raise ValidationError(f"names no file that can be read: {value!r}.")
    return Path(value) if value else None


def rate_limit(value: str) -> str:
    try:
        limits.parse_many(value)
    except ValueError:
        raise ValidationError(f"must be like '6000 per minute' or empty, but is {value!r}.") from None
    return value
