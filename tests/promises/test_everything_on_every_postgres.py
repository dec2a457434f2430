"""Whatever can happen, happens on each PostgreSQL that is supported, and leaves a ledger that is whole and sealed."""

import pytest
from sqlalchemy import Engine

from ledger.blocks import seal
from ledger.signing import keyring_of, new_key
from tests.support.checker import assert_whole
from tests.support.everything import LATER, let_everything_happen
from tests.support.world import open_world


@pytest.mark.every_postgres
def test_it_happens_is_sealed_and_is_whole(engine: Engine) -> None:
    world = open_world(engine)
    let_everything_happen(world)

    block = world.run(lambda session: seal(session, keyring=keyring_of([new_key()]), now=LATER))

    assert block is not None
    assert block.leaves == len(world.rows("select 1 from account where version > 0 or decisions > 0"))
    assert_whole(engine, now=LATER)
