"""Random histories of clients that act at once, with faults: each can be explained by one order of its calls."""

import random
from itertools import islice

import pytest

from tests.simulation.plan import BLOCK, plan_of
from tests.simulation.run import play_all, theatre
from tests.simulation.timeline import timeline
from tests.support.database import copied_database
from tests.support.servers import Servers

ALWAYS = range(100)
NEW = 60
BLOCKS_MAX = 1_000_000


@pytest.mark.long
def test_the_histories_of_always_the_same_seeds_can_be_explained(servers: Servers, worker_number: int) -> None:
    assert_explained(servers, ALWAYS, worker=f"{worker_number}_always")


@pytest.mark.long
def test_new_histories_can_be_explained(servers: Servers, worker_number: int) -> None:
    """Their first seed is printed with a failure."""
    first = random.SystemRandom().randrange(1, BLOCKS_MAX) * BLOCK

    assert_explained(servers, range(first, first + NEW), worker=f"{worker_number}_new")


def assert_explained(servers: Servers, seeds: range, *, worker: str) -> None:
    failed = list(islice(play_all(servers, seeds, worker=worker), 1))
    assert failed == [], "\n\n".join(map(str, failed))


def test_a_seed_is_the_same_history_again_after_others_and_alone(servers: Servers, worker_number: int) -> None:
    """But where two wait for one lock, the server alone decides who is next: that is seldom, and not every time."""
    told: list[list[str]] = []
    for seeds in (range(6), range(2, 6)):
        with copied_database(servers, worker=f"{worker_number}_again") as database, theatre(database) as stage:
            histories = {seed: stage.play(plan_of(seed)) for seed in seeds}
            told.append([timeline(histories[seed]) for seed in range(2, 6)])

    assert sum(once == again for once, again in zip(*told, strict=True)) >= 3
