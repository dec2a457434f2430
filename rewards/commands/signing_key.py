"""`rewards signing-key`: a new key for SIGNING_KEYS, and the public half of the present one."""

import os

import click

from ledger.signing import keyring_of, new_key, shown


@click.command()
def signing_key() -> None:
    """Print a new private key for SIGNING_KEYS, and the public half of the present one, which old blocks still need."""
    click.echo(new_key())
    present = os.environ.get("SIGNING_KEYS", "")
    if not present:
        return
    try:
        keyring = keyring_of([key.strip() for key in present.split(",") if key.strip()])
    except ValueError as error:
        raise click.ClickException(f"SIGNING_KEYS cannot be read: {error}.") from None
    public = shown(keyring.signing.public_key())
    click.echo(f"Put it in front of {public}, the public half of the present one.", err=True)
