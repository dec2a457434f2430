"""Random histories of clients that act at once, with faults: each can be explained by one order of its calls."""

import random
from itertools import islice

import pytest

from tests.simulation.plan import BLOCK, plan_of
from tests.simulation.run import play_all
from tests.support.servers import Servers

ALWAYS = range(120)
NEW = 120
BLOCKS_MAX = 1_000_000


def test_the_histories_of_always_the_same_seeds_can_be_explained(servers: Servers, worker_number: int) -> None:
    assert_explained(servers, ALWAYS, worker=f"{worker_number}_always")


def test_new_histories_can_be_explained(servers: Servers, worker_number: int) -> None:
    """Their first seed is printed with a failure."""
    first = random.SystemRandom().randrange(1, BLOCKS_MAX) * BLOCK

    assert_explained(servers, range(first, first + NEW), worker=f"{worker_number}_new")


def assert_explained(servers: Servers, seeds: range, *, worker: str) -> None:
    failed = list(islice(play_all(servers, seeds, worker=worker), 1))
    assert failed == [], "\n\n".join(map(str, failed))


@pytest.mark.parametrize("seed", [1, 77])
def test_a_seed_stands_for_the_same_history(servers: Servers, worker_number: int, seed: int) -> None:
    assert plan_of(seed) == plan_of(seed)
    assert plan_of(seed) != plan_of(seed + 1)
