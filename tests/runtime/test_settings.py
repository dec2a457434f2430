"""Settings: read from the environment, all wrong ones told at once, held together with their table in the docs."""

import re
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.signing import new_key
from rewards.runtime.settings import DEFAULTS, SeasonReset, Settings, SettingsError, load_settings

TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"
REQUIRED = {
    "DATABASE_URL": "postgresql://u:hush-database@db/rewards",
    "REDIS_URL": "redis://:hush-redis@cache/0",
    "SECRET_KEY": "hush-secret-" + "s" * 32,
    "CODE_KEYS": Fernet.generate_key().decode(),
    "SIGNING_KEYS": new_key(),
    "MEMBER_JWT_KEY": "hush-member-" + "k" * 32,
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which only what must be given is given."""
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def problems_of_settings() -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return caught.value.problems


def test_only_what_must_be_given_is_enough(given: pytest.MonkeyPatch) -> None:
    del given

    settings = load_settings()

    assert settings.community_timezone == ZoneInfo("Asia/Seoul")
    assert settings.season_reset == SeasonReset(weekday=0, hour=0, minute=0)
    assert settings.community_name == "이웃마을"
    assert settings.max_body_bytes == 8 * 1024 * 1024


def test_everything_that_is_missing_is_told_at_once(given: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        given.delenv(name)

    assert set(problems_of_settings()) == set(REQUIRED)


def test_the_error_is_a_line_for_each_setting_and_names_the_table(given: pytest.MonkeyPatch) -> None:
    given.delenv("REDIS_URL")
    given.setenv("WEB_WORKERS", "0")

    with pytest.raises(SettingsError, match=r"docs/reference/settings\.md") as caught:
        load_settings()

    assert str(caught.value).splitlines()[1:] == [
        "  REDIS_URL: is not set, and has no default.",
        "  WEB_WORKERS: must be at least 1, but is 0.",
    ]


@pytest.mark.parametrize(
    "name,value",
    [
        ("DATABASE_URL", "mysql://u:p@h/d"),
        ("MIGRATION_DATABASE_URL", "rewards"),
        ("REDIS_URL", "http://cache"),
        ("SECRET_KEY", "s" * 31),
        ("CODE_KEYS", "no-key"),
        ("CODE_KEYS", ","),
        ("SIGNING_KEYS", "no-key"),
        ("SIGNING_KEYS", "c2hvcnQ="),
        ("SIGNING_KEYS", "pub:" + "A" * 43 + "="),
        ("MEMBER_JWT_KEY", "k" * 31),
        ("MEMBER_JWT_ALGORITHM", "none"),
        ("MEMBER_JWT_AUDIENCE", " "),
        ("COMMUNITY_NAME", ""),
        ("COMMUNITY_TIMEZONE", "Asia/Atlantis"),
        ("SEASON_RESET", "monday 24:00"),
        ("SEASON_RESET", "someday 00:00"),
        ("SEASON_GRACE_S", "-1"),
        ("SEASON_GRACE_S", "ten minutes"),
        ("SEASON_REVIEW", "perhaps"),
        ("DEFAULT_LOCALE", "fr"),
        ("BRAND_COLOUR", "blue"),
        ("PUBLIC_URL", "points.example"),
        ("POLICY_FILE", "/no/such/file.yaml"),
        ("RATE_LIMIT", "many"),
        ("REDEMPTION_EXPIRY_DAYS", "0"),
        ("ADJUST_APPROVAL_ABOVE", "-1"),
        ("ADJUST_APPROVAL_ABOVE", "many"),
        ("ADJUST_CAP_PER_DAY", "0"),
        ("MAX_BODY_BYTES", "1"),
        ("TRUSTED_PROXIES", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("DATABASE_POOL_SIZE", "0"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "none"),
    ],
)
def test_a_bad_value_is_refused_under_its_name(given: pytest.MonkeyPatch, name: str, value: str) -> None:
    given.setenv(name, value)

    assert set(problems_of_settings()) == {name}


def test_a_secret_as_public_key_is_refused(given: pytest.MonkeyPatch) -> None:
    given.setenv("MEMBER_JWT_ALGORITHM", "RS256")

    assert set(problems_of_settings()) == {"MEMBER_JWT_KEY"}


def test_a_public_key_may_come_on_one_line(given: pytest.MonkeyPatch) -> None:
    pem = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    given.setenv("MEMBER_JWT_ALGORITHM", "EdDSA")
    given.setenv("MEMBER_JWT_KEY", pem.decode().replace("\n", "\\n"))

    assert load_settings().member_jwt_key == pem.decode()


def test_the_season_may_be_reset_at_any_minute_of_the_week(given: pytest.MonkeyPatch) -> None:
    given.setenv("SEASON_RESET", "Sunday 23:59")

    assert load_settings().season_reset == SeasonReset(weekday=6, hour=23, minute=59)


def test_no_secret_is_in_the_repr(given: pytest.MonkeyPatch) -> None:
    del given

    shown = repr(load_settings())

    assert "hush" not in shown
    assert REQUIRED["CODE_KEYS"] not in shown
    assert REQUIRED["SIGNING_KEYS"] not in shown


def table_in_docs() -> dict[str, str]:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| .+? \| .+ \|$", TABLE.read_text(), re.MULTILINE)
    return {name: default.strip("`") for name, default in rows}


def test_the_docs_name_every_setting_with_its_default_and_no_other() -> None:
    names = [field.name.upper() for field in fields(Settings)]
    defaults = {name: DEFAULTS.get(name, "—") or "empty" for name in names}

    assert table_in_docs() == defaults
