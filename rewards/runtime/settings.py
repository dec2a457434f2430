"""Settings of every process, from the environment; docs/reference/settings.md is their table."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast
from zoneinfo import ZoneInfo

from environs import Env, EnvValidationError
from marshmallow import ValidationError

from rewards.runtime import setting_checks as checks
from rewards.runtime.errors import OperatorError
from rewards.runtime.setting_checks import SeasonReset

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
        "database_url": checked("DATABASE_URL", checks.database_url),
        "migration_database_url": checked("MIGRATION_DATABASE_URL", checks.optional(checks.database_url)),
        "redis_url": checked("REDIS_URL", checks.redis_url),
        "secret_key": checked("SECRET_KEY", checks.secret),
        "code_keys": checked("CODE_KEYS", checks.code_keys),
        "signing_keys": checked("SIGNING_KEYS", checks.signing_keys),
        "member_jwt_key": checked("MEMBER_JWT_KEY", checks.member_jwt_key),
        "member_jwt_algorithm": choice("MEMBER_JWT_ALGORITHM", "HS256", "RS256", "EdDSA"),
        "member_jwt_audience": checked("MEMBER_JWT_AUDIENCE", checks.some_text),
        "community_name": checked("COMMUNITY_NAME", checks.some_text),
        "community_timezone": checked("COMMUNITY_TIMEZONE", checks.timezone),
        "season_reset": checked("SEASON_RESET", checks.season_reset),
        "season_grace_s": whole_number("SEASON_GRACE_S", 0),
        "season_review": env.bool("SEASON_REVIEW", _default("SEASON_REVIEW") == "true"),
        "default_locale": choice("DEFAULT_LOCALE", "ko", "en"),
        "brand_colour": checked("BRAND_COLOUR", checks.colour),
        "public_url": checked("PUBLIC_URL", checks.public_url),
        "sign_in_url": checked("SIGN_IN_URL", checks.optional(checks.web_address)),
        "embed_ancestors": checked("EMBED_ANCESTORS", checks.origins),
        "webhook_networks": checked("WEBHOOK_NETWORKS", checks.networks),
        "discourse_secret": checked("DISCOURSE_SECRET", checks.optional(checks.shared_secret)),
        "discourse_member": choice("DISCOURSE_MEMBER", "id", "username"),
        "policy_file": checked("POLICY_FILE", checks.optional_file),
        "rate_limit": checked("RATE_LIMIT", checks.optional(checks.rate_limit)),
        "redemption_expiry_days": whole_number("REDEMPTION_EXPIRY_DAYS", 1),
        "adjust_approval_above": checked("ADJUST_APPROVAL_ABOVE", checks.points_or_none(least=0)),
        "adjust_cap_per_day": checked("ADJUST_CAP_PER_DAY", checks.points_or_none(least=1)),
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
