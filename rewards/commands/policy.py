"""`rewards policy`: the community's whole policy as one file. docs/how-to/policy.md explains it."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import yaml

from rewards.commands.session import command_context
from rewards.errors import PolicyInvalid, UnknownThing
from rewards.policy.differences import Difference, differences
from rewards.policy.document import read_document
from rewards.policy.json_schema import json_schema
from rewards.policy.versions import list_versions, read_version, version_in_force
from rewards.runtime.database import snapshot, transaction
from rewards.staff.policy import put_in_force

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXIT_FOUND, EXIT_NOT_RUN = 1, 2
VERSIONS_SHOWN = 50
BY_COMMAND = "command line"


@click.group()
def policy() -> None:
    """The community's whole policy as one file: check it, compare it, put it in force, look at what was."""


@policy.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of sentences.")
def check(file: Path, *, as_json: bool) -> None:
    """Check a file without a database: every mistake by line and column. Exit codes: 0 it is good, 1 it is not."""
    mistakes = _mistakes(file)
    if as_json:
        click.echo(json.dumps({"mistakes": [mistake._asdict() for mistake in mistakes]}, ensure_ascii=False))
    elif not mistakes:
        click.echo(f"{file} is good. `rewards policy diff {file}` shows what it would change.")
    for mistake in [] if as_json else mistakes:
        click.echo(mistake.sentence(str(file)))
    if mistakes:
        sys.exit(EXIT_FOUND)


@policy.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of lines.")
def diff(file: Path, *, as_json: bool) -> None:
    """Show in what a file differs from the policy in force. Exit codes: 0 in nothing, 1 in something, 2 it is bad."""
    document = _checked(file)
    with command_context("policy") as context, snapshot(context.engine) as session:
        present = version_in_force(session, now=context.clock())
    found = differences(present.document if present else {}, document)
    if as_json:
        version = present.version if present else None
        click.echo(json.dumps({"version": version, "differences": [_told(one) for one in found]}, ensure_ascii=False))
    else:
        for one in found:
            click.echo(one.sentence())
        click.echo(f"{len(found)} differences to version {present.version if present else 0}, which is in force.")
    if found:
        sys.exit(EXIT_FOUND)


@policy.command()
@click.argument("file", type=FILE)
@click.option("--from", "valid_from", help="When it comes into force, like 2026-12-01T00:00:00+09:00. Without: now.")
def apply(file: Path, *, valid_from: str | None) -> None:
    """Put a file in force as a new version, now or later; members see a later one ahead, on the page of points.

    A later version may be replaced before it comes into force by applying another one with the same time. Exit codes: 0
    done, or nothing to do; 2 the file or the time is bad, and nothing has changed.
    """
    document = _checked(file)
    begins = None if valid_from is None else _moment(valid_from)
    with command_context("policy") as context:
        now = context.clock()
        if begins is not None and begins < now:
            raise click.BadParameter("what was decided stays decided: a policy holds from now on or later.")
        with transaction(context.engine) as session:
            version = put_in_force(session, document, valid_from=begins, actor=BY_COMMAND, now=now)
    if version is None:
        click.echo("It is the newest version already; nothing has changed.")
    elif begins is None:
        click.echo(f"Version {version} is in force.")
    else:
        click.echo(f"Version {version} will be in force from {begins.isoformat()}.")


@policy.command()
@click.option("--version", type=int, help="Another version than the one in force.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def show(*, version: int | None, as_json: bool) -> None:
    """Print a policy as a file: the one in force, or any version that ever was."""
    with command_context("policy") as context, snapshot(context.engine) as session:
        try:
            stored = (
                version_in_force(session, now=context.clock()) if version is None else read_version(session, version)
            )
        except UnknownThing:
            stored = None
    if stored is None:
        click.echo("There is no such version." if version else "No policy is in force.", err=True)
        sys.exit(EXIT_NOT_RUN)
    if as_json:
        click.echo(json.dumps({"version": stored.version, "policy": stored.document}, ensure_ascii=False))
        return
    click.echo(f"# Version {stored.version}, in force from {stored.valid_from.isoformat()}, by {stored.applied_by}")
    click.echo(yaml.safe_dump(stored.document, allow_unicode=True, sort_keys=False, width=120), nl=False)


@policy.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of lines.")
def versions(*, as_json: bool) -> None:
    """List the newest versions, the one in force marked with `*`."""
    with command_context("policy") as context, snapshot(context.engine) as session:
        present = version_in_force(session, now=context.clock())
        listed = list_versions(session, limit=VERSIONS_SHOWN)
    number = present.version if present else None
    if as_json:
        told = [
            {"version": one.version, "valid_from": one.valid_from.isoformat(), "by": one.applied_by} for one in listed
        ]
        click.echo(json.dumps({"in_force": number, "versions": told}, ensure_ascii=False))
        return
    for one in listed:
        mark = "*" if one.version == number else " "
        click.echo(f"{mark} {one.version:>4}  from {one.valid_from:%Y-%m-%d %H:%M} UTC  by {one.applied_by}")


@policy.command()
def schema() -> None:
    """Print a JSON Schema of the file, for editors."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _mistakes(file: Path) -> list[Any]:
    try:
        read_document(file)
    except PolicyInvalid as bad:
        return list(bad.mistakes)
    return []


def _checked(file: Path) -> dict[str, Any]:
    try:
        return read_document(file)
    except PolicyInvalid as bad:
        for mistake in bad.mistakes:
            click.echo(mistake.sentence(bad.file), err=True)
        click.echo("Nothing has changed.", err=True)
        sys.exit(EXIT_NOT_RUN)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time like 2026-12-01T00:00:00+09:00.") from None
    if moment.tzinfo is None:
        raise click.BadParameter(f"{text!r} has no offset: write it like 2026-12-01T00:00:00+09:00.")
    return moment


def _told(one: Difference) -> dict[str, Any]:
    return {"path": list(one.path), "kind": one.kind, "before": one.before, "after": one.after}
