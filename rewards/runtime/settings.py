"""Settings of every process, from the environment; docs/reference/settings.md is their table."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast
from zoneinfo import ZoneInfo, available_timezones

import limits
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from environs import Env, EnvValidationError
from marshmallow import ValidationError

from ledger.signing import keyring_of
from rewards.runtime.errors import OperatorError

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "MIGRATION_DATABASE_URL": "",
        "MEMBER_JWT_ALGORITHM": "HS256",
        "MEMBER_JWT_AUDIENCE": "rewards",
        "COMMUNITY_NAME": "이웃마을",
        "COMMUNITY_TIMEZONE": "Asia/Seoul",
        "SEASON_RESET": "monday 00:00",
        "SEASON_GRACE_S": "600",
        "SEASON_REVIEW": "false",
        "DEFAULT_LOCALE": "ko",
        "BRAND_COLOUR": "#2f6fed",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "SIGN_IN_URL": "",
        "EMBED_ANCESTORS": "",
        "WEBHOOK_NETWORKS": "",
        "DISCOURSE_SECRET": "",
        "DISCOURSE_MEMBER": "id",
        "POLICY_FILE": "",
        "RATE_LIMIT": "",
        "REDEMPTION_EXPIRY_DAYS": "30",
        "ADJUST_APPROVAL_ABOVE": "5000",
        "ADJUST_CAP_PER_DAY": "20000",
        "MAX_BODY_BYTES": "8388608",
        "TRUSTED_PROXIES": "0",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "DATABASE_POOL_SIZE": "16",
        "WEB_WORKERS": "2",
        "WEB_THREADS": "8",
    }
)
"""What a setting is when the environment does not say; a setting that is not here must be given."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECRET_LENGTH_MIN = 32
SHARED_SECRET_LENGTH_MIN = 16
NOT_SET = "Environment variable not set."

Algorithm = Literal["HS256", "RS256", "EdDSA"]
Locale = Literal["ko", "en"]


class SettingsError(OperatorError):
    """Settings are missing or wrong; the text has one line for each, which says what to set."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        lines = "".join(f"\n  {name}: {problem}" for name, problem in sorted(self.problems.items()))
        super().__init__(
            f"The settings are not complete (see docs/reference/settings.md); set these and start again:{lines}"
        )


@dataclass(frozen=True, slots=True)
class SeasonReset:
    """When a season ends and the next begins, on the community's clock; weekday 0 is Monday."""

    weekday: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, checked. What is secret stays out of its repr."""

    database_url: str = field(repr=False)
    migration_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    code_keys: tuple[str, ...] = field(repr=False)
    signing_keys: tuple[str, ...] = field(repr=False)
    member_jwt_key: str = field(repr=False)
    member_jwt_algorithm: Algorithm
    member_jwt_audience: str
    community_name: str
    community_timezone: ZoneInfo
    season_reset: SeasonReset
    season_grace_s: int
    season_review: bool
    default_locale: Locale
    brand_colour: str
    public_url: str
    sign_in_url: str
    embed_ancestors: tuple[str, ...]
    webhook_networks: tuple[IPv4Network | IPv6Network, ...]
    discourse_secret: str = field(repr=False)
    discourse_member: Literal["id", "username"]
    policy_file: Path | None
    rate_limit: str
    redemption_expiry_days: int
    adjust_approval_above: int | None
    adjust_cap_per_day: int | None
    max_body_bytes: int
    trusted_proxies: int
    log_level: str
    log_format: Literal["json", "console"]
    database_pool_size: int
    web_workers: int
    web_threads: int


def load_settings() -> Settings:
    """Read and check every setting. Raises SettingsError, which names all that is wrong at once."""
    env = Env(eager=False)
    whole_number = _parser_of_numbers(env)
    choice = _parser_of_choices(env)
    checked = _parser_of_checked(env)
    values: dict[str, object] = {
        "database_url": checked("DATABASE_URL", _database_url),
        "migration_database_url": checked("MIGRATION_DATABASE_URL", _optional(_database_url)),
        "redis_url": checked("REDIS_URL", _redis_url),
        "secret_key": checked("SECRET_KEY", _secret),
        "code_keys": checked("CODE_KEYS", _code_keys),
        "signing_keys": checked("SIGNING_KEYS", _signing_keys),
        "member_jwt_key": checked("MEMBER_JWT_KEY", _member_jwt_key),
        "member_jwt_algorithm": choice("MEMBER_JWT_ALGORITHM", "HS256", "RS256", "EdDSA"),
        "member_jwt_audience": checked("MEMBER_JWT_AUDIENCE", _text),
        "community_name": checked("COMMUNITY_NAME", _text),
        "community_timezone": checked("COMMUNITY_TIMEZONE", _timezone),
        "season_reset": checked("SEASON_RESET", _season_reset),
        "season_grace_s": whole_number("SEASON_GRACE_S", 0),
        "season_review": env.bool("SEASON_REVIEW", _default("SEASON_REVIEW") == "true"),
        "default_locale": choice("DEFAULT_LOCALE", "ko", "en"),
        "brand_colour": checked("BRAND_COLOUR", _colour),
        "public_url": checked("PUBLIC_URL", _public_url),
        "sign_in_url": checked("SIGN_IN_URL", _optional(_web_address)),
        "embed_ancestors": checked("EMBED_ANCESTORS", _origins),
        "webhook_networks": checked("WEBHOOK_NETWORKS", _networks),
        "discourse_secret": checked("DISCOURSE_SECRET", _optional(_shared_secret)),
        "discourse_member": choice("DISCOURSE_MEMBER", "id", "username"),
        "policy_file": checked("POLICY_FILE", _optional_file),
        "rate_limit": checked("RATE_LIMIT", _optional(_rate_limit)),
        "redemption_expiry_days": whole_number("REDEMPTION_EXPIRY_DAYS", 1),
        "adjust_approval_above": checked("ADJUST_APPROVAL_ABOVE", _points_or_none(least=0)),
        "adjust_cap_per_day": checked("ADJUST_CAP_PER_DAY", _points_or_none(least=1)),
        "max_body_bytes": whole_number("MAX_BODY_BYTES", 1024),
        "trusted_proxies": whole_number("TRUSTED_PROXIES", 0),
        "log_level": choice("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"),
        "log_format": choice("LOG_FORMAT", "json", "console"),
        "database_pool_size": whole_number("DATABASE_POOL_SIZE", 1),
        "web_workers": whole_number("WEB_WORKERS", 1),
        "web_threads": whole_number("WEB_THREADS", 1),
    }
    _refuse_bad(env)
    return Settings(**values)  # pyright: ignore[reportArgumentType] -- each was parsed to its field's type above


def _refuse_bad(env: Env) -> None:
    try:
        env.seal()
    except EnvValidationError as error:
        problems = cast("Mapping[str, list[str]]", error.error_messages)
        raise SettingsError({name: _sentence(found) for name, found in problems.items()}) from None


def _sentence(found: list[str]) -> str:
    return " ".join("is not set, and has no default." if text == NOT_SET else text for text in found)


def _default(name: str) -> str:
    return DEFAULTS[name]


def _parser_of_checked(env: Env) -> Callable[[str, Callable[[str], object]], object]:
    def read(name: str, check: Callable[[str], object]) -> object:
        env.add_parser(name.lower(), lambda value, **_kwargs: check(value))
        method = getattr(env, name.lower())
        if name in DEFAULTS and name not in os.environ:
            return check(DEFAULTS[name])
        return method(name)

    return read


def _parser_of_numbers(env: Env) -> Callable[[str, int], object]:
    def read(name: str, least: int) -> object:
        def at_least(value: int) -> None:
            if value < least:
                raise ValidationError(f"must be at least {least}, but is {value}.")

        return env.int(name, int(DEFAULTS[name]), validate=at_least)

    return read


def _parser_of_choices(env: Env) -> Callable[..., object]:
    def read(name: str, *choices: str) -> object:
        def is_one(value: str) -> None:
            if value not in choices:
                raise ValidationError(f"must be one of {', '.join(choices)}, but is {value!r}.")

        return env.str(name, DEFAULTS[name], validate=is_one)

    return read


def _optional(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else ""


def _points_or_none(*, least: int) -> Callable[[str], int | None]:
    def points(value: str) -> int | None:
        if not value:
            return None
        if not re.fullmatch("[0-9]{1,12}", value) or int(value) < least:
            raise ValidationError(f"must be a whole number of points, at least {least}, or empty, but is {value!r}.")
        return int(value)

    return points


def _text(value: str) -> str:
    if not value.strip():
        raise ValidationError("must not be empty.")
    return value


def _database_url(value: str) -> str:
    if not re.match(r"postgres(ql)?(\+psycopg)?://", value):
        raise ValidationError("must be an address like postgresql://user:password@host:5432/rewards.")
    return value


def _redis_url(value: str) -> str:
    if not re.match(r"(rediss?|unix)://", value):
        raise ValidationError("must be an address like redis://:password@host:6379/0.")
    return value


def _secret(value: str) -> str:
    if len(value) < SECRET_LENGTH_MIN:
        raise ValidationError(
            f"must have at least {SECRET_LENGTH_MIN} characters, but has {len(value)};"
            " `python -c 'import secrets; print(secrets.token_urlsafe(48))'` prints a good one."
        )
    return value


def _shared_secret(value: str) -> str:
    if len(value) < SHARED_SECRET_LENGTH_MIN:
        raise ValidationError(f"must have at least {SHARED_SECRET_LENGTH_MIN} characters, but has {len(value)}.")
    return value


def _code_keys(value: str) -> tuple[str, ...]:
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


def _signing_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    try:
        keyring_of(keys)
    except ValueError as error:
        raise ValidationError(
            f"must be Ed25519 keys in URL-safe base64, a comma between, the private one that signs first, but {error};"
            " `rewards signing-key` prints a new one."
        ) from None
    return keys


def _member_jwt_key(value: str) -> str:
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


def _timezone(value: str) -> ZoneInfo:
    if value not in _timezones():
        raise ValidationError(f"must be a time zone's name like Asia/Seoul, but is {value!r}.")
    return ZoneInfo(value)


@cache
def _timezones() -> set[str]:
    # Looking through the folders of all of them takes as long as everything else here together.
    return available_timezones()


def _season_reset(value: str) -> SeasonReset:
    found = re.fullmatch(rf"({'|'.join(WEEKDAYS)}) ([01]\d|2[0-3]):([0-5]\d)", value.strip().lower())
    if not found:
        raise ValidationError(f"must be a weekday and a time like 'monday 00:00', but is {value!r}.")
    return SeasonReset(WEEKDAYS.index(found[1]), int(found[2]), int(found[3]))


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValidationError(f"must be a colour like #2f6fed, but is {value!r}.")
    return value


def _public_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValidationError(f"must be the address that people see, like https://points.example, not {value!r}.")
    return value.rstrip("/")


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
        raise ValidationError(f"must be an address like https://forum.example/points, but is {value!r}.")
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(value.split())
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.*-]+(:\d+)?", origin):
            raise ValidationError(f"must be origins like https://forum.example, a space between, but has {origin!r}.")
    return origins


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(network) for network in value.split())
    except ValueError as error:
        raise ValidationError(f"must be networks like 10.1.0.0/16, a space between, but {error}.") from None


def _optional_file(value: str) -> Path | None:
    if value and not Path(value).is_file():
        raise ValidationError(f"names no file that can be read: {value!r}.")
    return Path(value) if value else None


def _rate_limit(value: str) -> str:
    try:
        limits.parse_many(value)
    except ValueError:
        raise ValidationError(f"must be like '6000 per minute' or empty, but is {value!r}.") from None
    return value
