"""`rewards export`: everything as JSON Lines, for a database elsewhere; or one person's own, for that person."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import Progress
from uuid_utils.compat import uuid7

from rewards.archive.person import everything_of
from rewards.archive.write import count_rows, export_lines
from rewards.commands.session import command_context
from rewards.errors import UnknownThing
from rewards.runtime.database import snapshot


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--member", "member_id", help="Only what is kept of this member, as one JSON document for that person.")
def export(file: Path | None, *, member_id: str | None) -> None:
    """Write everything as JSON Lines to FILE, or to standard output, as it stood at one moment.

    `rewards import everything FILE` takes it into an empty database. It holds what the database holds: encrypted
    codes, hashed passwords, what members said. Keep it as you keep a backup. The file is there only once it is whole.
    """
    with command_context("export", statement_timeout_s=0) as context, snapshot(context.engine) as session:
        if member_id is not None:
            try:
                document = everything_of(session, member_id)
            except UnknownThing:
                raise click.ClickException(f"There is no member {member_id!r}.") from None
            _write_whole(file, [orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"])
            return
        rows = count_rows(session)
        lines = export_lines(session, export_id=uuid7(), now=context.clock())
        _write_whole(file, _with_progress(lines, rows=rows))
    click.echo(f"{rows:,} rows are written.", err=True)


def _with_progress(lines: Iterator[bytes], *, rows: int) -> Iterator[bytes]:
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("rows", total=rows)
        for line in lines:
            yield line
            bar.advance(task)


def _write_whole(file: Path | None, lines: Iterable[bytes]) -> None:
    """Under its name only when it is whole, readable by its owner alone."""
    if file is None:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
        return
    half = file.with_name(f"{file.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
        output.writelines(lines)
        output.flush()
        os.fsync(output.fileno())
    half.replace(file)
