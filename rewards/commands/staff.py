"""`rewards staff`: accounts of those who fulfil, keep the catalogue and correct points."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast, get_args

import click
from sqlalchemy.orm import Session

from rewards.access.passwords import PASSWORD_LENGTH_MIN
from rewards.access.scopes import Role
from rewards.access.staff import StaffMember, find_staff, list_staff
from rewards.access.staff_sessions import StaffSession, list_sessions
from rewards.commands.session import command_transaction
from rewards.errors import NameTaken, UnknownThing
from rewards.runtime.clock import now_utc
from rewards.staff.accounts import OPERATOR, change_role, close_account, open_account, replace_password
from rewards.staff.signing_in import end_session

_NAME = click.option("--name", required=True, help="With which they sign in; histories name it.")
_ROLE = click.option("--role", required=True, type=click.Choice(get_args(Role)))
_FROM_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of lines.")


@click.group()
def staff() -> None:
    """Make and change accounts of staff; see and end their sign-ins."""


@staff.command()
@_NAME
@_ROLE
@_FROM_STDIN
def create(*, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; the password is asked for."""
    if not (1 <= len(name) <= 100 and name.isprintable()):
        raise click.BadParameter("must be 1–100 printable characters.", param_hint="--name")
    password = _password(from_stdin=password_stdin)
    with _work() as session:
        open_account(session, name=name, password=password, role=cast("Role", role), now=now_utc())
    click.echo(f"{name} may sign in as {role}.", err=True)


@staff.command("list")
@_JSON
def show(*, as_json: bool) -> None:
    """List all accounts."""
    with _work() as session:
        accounts = list_staff(session)
    if as_json:
        click.echo(json.dumps([_account(account) for account in accounts]))
        return
    for account in accounts:
        state = f"disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "active"
        click.echo(f"{account.name}\t{account.role}\t{state}")


@staff.command()
@_NAME
@_FROM_STDIN
def password(*, name: str, password_stdin: bool) -> None:
    """Give somebody a new password: sign-ins with the old one end, and so does any wait after failures."""
    given = _password(from_stdin=password_stdin)
    with _work() as session:
        replace_password(session, name, password=given, now=now_utc())
    click.echo(f"{name} signs in with the new password from now on.", err=True)


@staff.command()
@_NAME
@_ROLE
def role(*, name: str, role: str) -> None:
    """Give somebody another role; it holds from their next click on."""
    with _work() as session:
        change_role(session, name, role=cast("Role", role), now=now_utc())
    click.echo(f"{name} is {role} from now on.", err=True)


@staff.command()
@_NAME
def disable(*, name: str) -> None:
    """Close an account and end its sign-ins."""
    with _work() as session:
        close_account(session, name, now=now_utc())
    click.echo(f"{name} may not sign in any more.", err=True)


@staff.command()
@click.option("--name", help="Of this person only.")
@_JSON
def sessions(*, name: str | None, as_json: bool) -> None:
    """List the sign-ins that are good now, newest first: id, who, since when, from where."""
    with _work() as session:
        staff_id = find_staff(session, name).staff_id if name else None
        found = list_sessions(session, staff_id=staff_id, now=now_utc())
    if as_json:
        click.echo(json.dumps([_session(one) for one in found]))
        return
    for one in found:
        click.echo(f"{one.session_id}\t{one.name}\t{one.created_at:%Y-%m-%dT%H:%M:%SZ}\t{one.address or '-'}")


@staff.command()
@click.argument("session_id")
def revoke(*, session_id: str) -> None:
    """End a sign-in by the id that `sessions` lists."""
    with _work() as session:
        end_session(session, session_id, actor=OPERATOR, now=now_utc())
    click.echo("The sign-in has ended.", err=True)


@contextmanager
def _work() -> Iterator[Session]:
    """A transaction whose refusals are told to whoever types."""
    try:
        with command_transaction("staff") as session:
            yield session
    except NameTaken as error:
        raise click.ClickException(f"There is a {error.kind} {error.name!r} already.") from None
    except UnknownThing as error:
        raise click.ClickException(f"There is no {error.kind} {error.name!r}.") from None


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\n")
    else:
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(given) < PASSWORD_LENGTH_MIN:
        raise click.ClickException(f"A password needs at least {PASSWORD_LENGTH_MIN} characters.")
    return given


def _account(account: StaffMember) -> dict[str, Any]:
    disabled = account.disabled_at.isoformat() if account.disabled_at else None
    return {"name": account.name, "role": account.role, "disabled_at": disabled}


def _session(one: StaffSession) -> dict[str, Any]:
    return {
        "id": one.session_id,
        "name": one.name,
        "created_at": one.created_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
        "address": one.address,
        "agent": one.agent,
    }
