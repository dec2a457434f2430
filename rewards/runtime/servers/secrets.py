"""The secrets of one folder's own servers and processes, made once and kept where only their owner reads."""

import json
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from cryptography.fernet import Fernet

from ledger.signing import new_key
from rewards.runtime.private import write_private
from rewards.runtime.servers.process import ServerError

_ADDED = ("signing_key",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Passwords of the embedded servers, and the secrets that settings ask for."""

    postgres_admin: str = field(repr=False)
    postgres_service: str = field(repr=False)
    postgres_migrator: str = field(repr=False)
    valkey: str = field(repr=False)
    secret_key: str = field(repr=False)
    code_key: str = field(repr=False)
    signing_key: str = field(repr=False)
    member_jwt_key: str = field(repr=False)

    @classmethod
    def make(cls) -> "Secrets":
        """Answer new secrets, each with at least 32 bytes of chance."""
        values = {each.name: secrets.token_urlsafe(36) for each in fields(cls)}
        return cls(**{**values, "code_key": Fernet.generate_key().decode(), "signing_key": new_key()})


def load_or_make_secrets(path: Path) -> Secrets:
    """Answer the secrets kept at `path`, making and keeping them the first time. Raises ServerError."""
    if not path.exists():
        write_private(path, json.dumps(asdict(Secrets.make()), indent=1))
    try:
        kept = json.loads(path.read_text())
        # A secret that came with a newer version is added; those that are there are never changed.
        new = {name: value for name, value in asdict(Secrets.make()).items() if name not in kept and name in _ADDED}
        secrets_ = Secrets(**kept, **new)
    except (ValueError, TypeError) as error:
        raise ServerError(f"{path} cannot be read as secrets; put its copy back, or start over: make clean.") from error
    if new:
        write_private(path, json.dumps(asdict(secrets_), indent=1))
    return secrets_
