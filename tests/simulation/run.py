"""Play the histories of many seeds, block by block, and check each."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import psycopg

from rewards.runtime.database import create_engine_from, snapshot
from tests.model.policy import ALL_POLICY
from tests.simulation.checker import violations
from tests.simulation.history import History, Theatre
from tests.simulation.plan import BLOCK, FIRST_RESET, Plan, plan_of
from tests.simulation.stage import put_on_wires
from tests.simulation.timeline import timeline
from tests.support.checker import broken_rows
from tests.support.database import Database, copied_database
from tests.support.servers import Servers
from tests.support.world import open_world


@dataclass(frozen=True, slots=True)
class Failed:
    """A seed whose history cannot be explained, and the history to read."""

    seed: int
    violations: tuple[str, ...]
    timeline: str

    def __str__(self) -> str:
        found = "\n".join(f"  - {each}" for each in self.violations)
        return f"{self.timeline}\n{found}\nplay it again: make simulate SEED={self.seed} HISTORIES=1"


def play_all(
    servers: Servers, seeds: Iterable[int], *, worker: str = "sim", played: Callable[[], object] = lambda: None
) -> Iterator[Failed]:
    """Those that fail, as they do. `seeds` rise; a database holds those of one block, and all of it is verified."""
    for block, mine in groupby(seeds, key=lambda seed: seed // BLOCK):
        with copied_database(servers, worker=f"{worker}_{block}") as database, theatre(database) as stage:
            last: History | None = None
            for seed in mine:
                last, failed = play_one(stage, seed)
                played()
                if failed is not None:
                    yield failed  # which leaves things behind that later sweeps and the verification would find
                    last = None
                    break
            if last is not None:
                yield from _verified(stage, last)


@contextmanager
def theatre(database: Database) -> Iterator[Theatre]:
    """A database made ready for histories."""
    engine = create_engine_from(database.service_url, pool_size=8, application_name="simulation")
    put_on_wires(engine)
    with psycopg.connect(database.admin_url, autocommit=True) as watch:
        yield Theatre(open_world(engine, policy=ALL_POLICY, at=FIRST_RESET), watch)
        engine.dispose()


def play_one(stage: Theatre, seed: int) -> tuple[History, Failed | None]:
    """Play a seed and check what came of it."""
    return play_plan(stage, plan_of(seed))


def play_plan(stage: Theatre, plan: Plan) -> tuple[History, Failed | None]:
    """Play a plan and check what came of it."""
    history = stage.play(plan)
    with snapshot(stage.world.engine) as session:
        found = violations(session, history, policy=ALL_POLICY)
    if found:
        return history, Failed(plan.seed, tuple(found), timeline(history))
    stage.sweep(history)
    return history, None


def _verified(stage: Theatre, last: History) -> Iterator[Failed]:
    """What `rewards verify` finds in the whole database after its last history."""
    found = broken_rows(stage.world.engine, now=last.now + timedelta(days=2))
    if found:
        seed = last.plan.seed
        yield Failed(seed, tuple(map(str, found)), f"after the histories of the block that ends with seed {seed}")
