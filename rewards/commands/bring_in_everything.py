"""`rewards import everything`: an export of another database, into this one, in which nothing else is."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, text

from rewards.archive.parts import open_export
from rewards.archive.shape import exported_tables
from rewards.archive.take import close, rows_there, take
from rewards.errors import NotAnExport, NotEmpty
from rewards.runtime.database import create_engine_from, transaction
from rewards.runtime.schema import become_owner, role_of, upgrade_schema
from rewards.runtime.settings import load_settings

_SCHEMA = text("select version_num from alembic_version")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def everything(file: Path) -> None:
    """Take what `rewards export` wrote into an empty database: the same rows, the same heads.

    It makes the tables by itself. When it is interrupted, the same command goes on; twice does no harm. Uses
    MIGRATION_DATABASE_URL, since rows come with states that the service's own role may not write.
    """
    settings = load_settings()
    url = settings.migration_database_url or settings.database_url
    upgrade_schema(url, service_role=role_of(settings.database_url))
    engine = create_engine_from(url, pool_size=1, application_name="rewards import", statement_timeout_s=0)
    try:
        new, before = bring_in_everything(engine, file)
    except NotAnExport as error:
        raise click.ClickException(f"{file} can't be taken in: {error.why}. What came in before stays.") from None
    except NotEmpty as error:
        raise click.ClickException(
            f"The table {error.table} holds rows that are not of this export. Use a database in which nothing else is."
        ) from None
    finally:
        engine.dispose()
    click.echo(
        f"{new:,} rows came in, {before:,} were there from before. Next: rewards migrate, rewards verify.", err=True
    )


def bring_in_everything(engine: Engine, file: Path) -> tuple[int, int]:
    """Take the file in, a part in each transaction: how many rows came in, and how many were there before."""
    with transaction(engine) as session:
        become_owner(session.connection())
        schema, there = session.execute(_SCHEMA).scalar_one(), rows_there(session)
    size, new = file.stat().st_size, 0
    with file.open("rb") as lines, Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("bytes", total=size)
        header, parts = open_export(lines, tables=[table.name for table in exported_tables()])
        if header.schema != schema:
            raise NotAnExport(
                f"it has schema {header.schema}, this version makes {schema}; export with the version that imports"
            )
        for part in parts:
            with transaction(engine) as session:
                become_owner(session.connection())
                new += take(session, part, there=there[part.table])
            bar.update(task, completed=lines.tell())
    with transaction(engine) as session:
        become_owner(session.connection())
        close(session, generation=header.generation)
    return new, sum(there.values())
