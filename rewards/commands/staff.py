"""`rewards staff`: accounts of those who fulfil, keep the catalogue and correct points."""

import sys
from typing import cast, get_args

import click

from rewards.access.passwords import PASSWORD_LENGTH_MIN
from rewards.access.scopes import Role
from rewards.access.staff import create_staff, disable_staff, list_staff
from rewards.commands.session import command_transaction
from rewards.errors import NameTaken, UnknownThing
from rewards.runtime.clock import now_utc


@click.group()
def staff() -> None:
    """Make and change accounts of staff."""


@staff.command()
@click.option("--name", required=True, help="With which they sign in; histories name it.")
@click.option("--role", required=True, type=click.Choice(get_args(Role)))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(*, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; the password is asked for."""
    if not (1 <= len(name) <= 100 and name.isprintable()):
        raise click.BadParameter("must be 1–100 printable characters.", param_hint="--name")
    password = _password(from_stdin=password_stdin)
    with command_transaction("staff") as session:
        try:
            create_staff(session, name=name, password=password, role=cast("Role", role), now=now_utc())
        except NameTaken:
            raise click.ClickException(f"There is a staff account {name!r} already.") from None
    click.echo(f"{name} may sign in as {role}.", err=True)


@staff.command("list")
def show() -> None:
    """List all accounts."""
    with command_transaction("staff") as session:
        accounts = list_staff(session)
    for account in accounts:
        state = f"disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "active"
        click.echo(f"{account.name}\t{account.role}\t{state}")


@staff.command()
@click.option("--name", required=True)
def disable(*, name: str) -> None:
    """Close an account and end its sign-ins."""
    with command_transaction("staff") as session:
        try:
            disable_staff(session, name, now=now_utc())
        except UnknownThing:
            raise click.ClickException(f"There is no staff account {name!r}.") from None
    click.echo(f"{name} may not sign in any more.", err=True)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < PASSWORD_LENGTH_MIN:
        raise click.ClickException(f"A password needs at least {PASSWORD_LENGTH_MIN} characters.")
    return password
