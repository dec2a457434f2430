"""Plays histories of clients that act at once, with faults, and checks each: `make simulate`.

SEED is the first seed (0), HISTORIES how many (10,000), WORKERS how many processes share them (2).
"""

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation.plan import BLOCK
from tests.simulation.run import play_all
from tests.support.servers import Servers, folder_of_run

FAILURES_MAX = 10


def main() -> None:
    """Play them all; ends with 1 if one of them cannot be explained."""
    first, count = int(os.environ.get("SEED") or 0), int(os.environ.get("HISTORIES") or 10_000)
    servers = Servers(folder_of_run())
    began_s, played, failed = time.monotonic(), 0, 0
    try:
        servers.start()
        with ProcessPoolExecutor(int(os.environ.get("WORKERS") or 2)) as workers:
            blocks = [(servers.directory, block) for block in blocks_of(range(first, first + count))]
            for number, failures in workers.map(play_block, blocks):
                played, failed = played + number, failed + len(failures)
                print(*failures, sep="\n\n", end="\n\n" if failures else "")
                print(
                    f"{played:,} histories, {failed} cannot be explained, {time.monotonic() - began_s:,.0f} s",
                    flush=True,
                )
                if failed >= FAILURES_MAX:
                    workers.shutdown(wait=False, cancel_futures=True)
                    break
    finally:
        servers.stop()
    sys.exit(1 if failed else 0)


def blocks_of(seeds: range) -> Iterator[range]:
    """The seeds, split where a new database begins."""
    for _, mine in groupby(seeds, key=lambda seed: seed // BLOCK):
        block = list(mine)
        yield range(block[0], block[-1] + 1)


def play_block(given: tuple[Path, range]) -> tuple[int, list[str]]:
    """Play a block in this process, on the run's servers; how many histories, and those that failed, to read."""
    folder, seeds = given
    servers = Servers(folder)
    servers.join()
    played = 0

    def count() -> None:
        nonlocal played
        played += 1

    failures = [str(failed) for failed in play_all(servers, seeds, worker=f"sim_{os.getpid()}", played=count)]
    return played, failures


if __name__ == "__main__":
    main()
