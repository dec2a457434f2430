"""`python -m bench`: load what is missing, measure, print one table, keep the results."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bench.at_size import events_at_size, look_at, moments_at_size
from bench.calls import calls
from bench.chain import cost_of_chain
from bench.history import Size
from bench.plans import Plans, explain, explaining
from bench.rounds import Line, keep, table
from bench.server import ROOT, Bench, servers
from bench.verifying import verify_at_size
from rewards.runtime.servers.postgres import ADMIN

CASES = ("chain", "events", "moments", "plans", "verify")
SMALLER = 100
"""The large size over the small one."""
MEMBERS = 10
"""Entries for each member."""


@click.command()
@click.option("--size", type=int, default=1_000_000, show_default=True, help="Entries of the large database.")
@click.option("--workers", type=int, default=2, show_default=True, help="Processes that load.")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "var" / "bench", help="Of the servers.")
@click.option("--only", type=click.Choice(CASES), multiple=True, default=CASES, help="Measure this; may be repeated.")
def main(*, size: int, workers: int, folder: Path, only: tuple[str, ...]) -> None:
    """Measure the ledger at a size, each case as a ratio in one run."""
    with servers(folder) as bench:
        large = _loaded(bench, size, workers=workers)
        small = _loaded(bench, size // SMALLER, workers=workers)
        for case in only:
            lines = _measured(bench, case, large=large, small=small)
            click.echo(f"\n{table(lines)}\nkept in {keep(case, lines, entries=size).relative_to(ROOT)}")


def _measured(bench: Bench, case: str, *, large: str, small: str) -> list[Line]:
    if case == "chain":
        return cost_of_chain(bench.new("chain"))
    if case == "verify":
        return verify_at_size(bench, large)
    if case == "plans":
        return _explained(bench, large)
    pair = [look_at(bench.postgres.url(name)) for name in (large, small)]
    lines = (events_at_size if case == "events" else moments_at_size)(*pair)
    for loaded in pair:
        loaded.engine.dispose()
    return lines


def _explained(bench: Bench, name: str) -> list[Line]:
    """Says of each call what it read whole, and answers how long it took."""
    loaded, plans = look_at(bench.postgres.url(name)), Plans()
    engine = explaining(bench.postgres.url(name, role=ADMIN), plans)
    lines: list[Line] = []
    for case, call in calls(loaded, keyring=bench.keyring).items():
        explain(engine, call, plans=plans)
        whole = "".join(f"\n    reads {what}" for what in plans.read_whole())
        click.echo(f"{case}: {plans.milliseconds:.1f} ms, {plans.buffers:,} pages{whole}")
        lines.append(Line(case=case, ours=plans.milliseconds * 1000, baseline=None, unit="µs"))
    engine.dispose()
    loaded.engine.dispose()
    return lines


def _loaded(bench: Bench, entries: int, *, workers: int) -> str:
    size = Size(entries=entries, members=max(entries // MEMBERS, 200), until=datetime.now(UTC).replace(microsecond=0))
    written = 0

    def say(more: int) -> None:
        nonlocal written
        written += more
        click.echo(f"\r{written:,} of {entries:,} entries loaded", nl=False, err=True)

    return bench.loaded(size, workers=workers, say=say)


if __name__ == "__main__":
    main()
