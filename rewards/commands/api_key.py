"""`rewards api-key`: keys for the forum's backend."""

from datetime import timedelta
from uuid import UUID

import click

from rewards.access.keys import Key, create_key, list_keys, revoke_key
from rewards.access.scopes import SCOPES
from rewards.commands.session import command_transaction
from rewards.earning.events import RESERVED_SOURCES
from rewards.errors import NameTaken, UnknownThing
from rewards.runtime.clock import now_utc


@click.group()
def api_key() -> None:
    """Make, list and revoke API keys."""


@api_key.command()
@click.option("--name", required=True, help="What the key is for; histories name it.")
@click.option("--scope", "scopes", required=True, multiple=True, type=click.Choice(SCOPES), help="Repeat for several.")
@click.option("--source", default="forum", show_default=True, help="Source of events that name none.")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="Without it the key does not expire.")
def create(*, name: str, scopes: tuple[str, ...], source: str, expires_in_days: int | None) -> None:
    """Make a key and print it, once, and nothing else."""
    _check_words(name, source)
    now = now_utc()
    expires_at = now + timedelta(days=expires_in_days) if expires_in_days else None
    with command_transaction("api-key") as session:
        try:
            _, secret = create_key(session, name=name, scopes=scopes, source=source, expires_at=expires_at, now=now)
        except NameTaken:
            raise click.ClickException(
                f"A key named {name!r} is valid already; revoke it or choose another name."
            ) from None
    click.echo(secret)


@api_key.command("list")
def show() -> None:
    """List all keys, without their secrets."""
    with command_transaction("api-key") as session:
        keys = list_keys(session)
    for key in keys:
        click.echo("\t".join((str(key.key_id), key.name, _state(key), ",".join(key.scopes), f"source={key.source}")))


@api_key.command()
@click.argument("key_id", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """End a key at once; `rewards api-key list` shows its id."""
    with command_transaction("api-key") as session:
        try:
            key = revoke_key(session, key_id, now=now_utc())
        except UnknownThing:
            raise click.ClickException(f"There is no key {key_id}; `rewards api-key list` shows all.") from None
    click.echo(f"{key.name} is revoked.", err=True)


def _check_words(name: str, source: str) -> None:
    if not (1 <= len(name) <= 100 and name.isprintable()):
        raise click.BadParameter("must be 1–100 printable characters.", param_hint="--name")
    if not (1 <= len(source) <= 255 and source.isprintable()) or source in RESERVED_SOURCES:
        raise click.BadParameter(
            "must be 1–255 printable characters, and no source of the service.", param_hint="--source"
        )


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is not None:
        return f"{'expired' if key.expires_at <= now_utc() else 'expires'} {key.expires_at:%Y-%m-%d}"
    return "valid"
