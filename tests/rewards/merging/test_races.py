"""Merged while both earn and lose: nothing waits for ever, nothing is lost, and all of it is the survivor's."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from rewards.earning.correct import adjust
from rewards.earning.desk import Recorded
from tests.rewards.merging.steps import LATER, comment, merge_old
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World

TURNS = 12


def test_a_merge_among_events_of_both_loses_nothing(world: World) -> None:
    world.record(comment("old"), comment("new", 2), now=START)
    barrier = Barrier(5)

    def earn(member_id: str, first: int) -> int:
        barrier.wait(timeout=30)
        points = 0
        for turn in range(TURNS):
            event = make_event("like.received", member_id, subject=f"post:{first + turn}")
            (result,) = world.record(event)
            assert isinstance(result, Recorded)
            points += result.decision.points
        return points

    def adjust_old() -> int:
        barrier.wait(timeout=30)
        for _ in range(TURNS):
            world.run(
                lambda session: adjust(session, "old", points=-1, reason="x", actor="a", overdraft=True, now=START)
            )
        return -TURNS

    def delete() -> int:
        barrier.wait(timeout=30)
        return world.record_one(make_event("comment.deleted", "old", subject="comment:1")).decision.points

    def become_one() -> int:
        barrier.wait(timeout=30)
        merge_old(world, now=LATER)
        return 0

    with ThreadPoolExecutor(5) as pool:
        doing = [pool.submit(earn, "old", 0), pool.submit(earn, "new", 100)]
        doing += [pool.submit(what) for what in (adjust_old, delete, become_one)]
        moved = sum(one.result(timeout=60) for one in doing)

    assert world.account("old").balance == 0
    assert world.account("new").balance == 20 + moved
