from datetime import timedelta

from sqlalchemy import Engine

from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import open_world


def test_a_charge_uses_up_no_cap_since_caps_count_awards(engine: Engine) -> None:
    world = open_world(engine)
    world.record(make_event("member.joined"))

    charged = world.record_one(make_event("post.created", subject="post:1", board="market"))
    awarded = world.record_one(make_event("post.created", subject="post:2", at=START + timedelta(seconds=1)))

    assert (charged.decision.outcome, charged.decision.points) == ("charged", -50)
    assert (awarded.decision.outcome, awarded.decision.points) == ("awarded", 20)
    assert world.rows("select times, points from cap_usage where rule_key = 'post.created' and period <> 'ever'") == [
        (1, 20)
    ]


def test_a_charge_that_cannot_be_afforded_is_declined_and_takes_nothing(engine: Engine) -> None:
    world = open_world(engine)
    world.record(make_event("login"))

    declined = world.record_one(make_event("post.created", subject="post:1", board="market"))

    assert (declined.decision.outcome, declined.decision.reason) == ("declined", "not_enough_points")
    assert (declined.decision.points_asked, declined.decision.points, declined.decision.balance) == (-50, 0, 2)
    assert declined.decision.seq is None


def test_a_charge_counts_on_no_leaderboard(engine: Engine) -> None:
    world = open_world(engine)
    world.record(make_event("member.joined"))
    before = world.rows("select * from leaderboard_points order by leaderboard")

    world.record_one(make_event("post.created", subject="post:1", board="market"))

    assert world.rows("select * from leaderboard_points order by leaderboard") == before
    assert world.account("mina").balance == 50
    assert world.account("mina").lifetime == 100
