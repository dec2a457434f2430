from sqlalchemy import Engine

from tests.support.factories import make_comment
from tests.support.world import open_world


def test_a_first_comment_is_awarded(engine: Engine) -> None:
    world = open_world(engine)

    result = world.record_one(make_comment())

    assert (result.decision.outcome, result.decision.points, result.decision.balance) == ("awarded", 10, 10)
