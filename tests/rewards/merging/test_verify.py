"""verify turns red where a merge was tampered with: each of its checks."""

from typing import Any

import psycopg
import pytest

from tests.rewards.merging.steps import broken_now, comment, merge_old
from tests.support.clock import START
from tests.support.tampering import tamper_with
from tests.support.world import World, open_world

OLD = "(select account_id from member where member_id = 'old')"
PLANTED: dict[str, tuple[str, str]] = {
    "nobody names the survivor": ("merged into", "update member set merged_into = null where member_id = 'old'"),
    "a merge that is gone": ("merged into", "delete from member_merge"),
    "points that stayed": ("merged accounts", f"update account set balance = balance + 1 where account_id = {OLD}"),
    "a half of another amount": ("merge entries", "update entry set points = 11 where kind = 'merge' and points > 0"),
    "a half that is gone": ("merge entries", "delete from entry where kind = 'merge' and points > 0"),
    "another transfer": ("merge entries", "update member_merge set transfer_id = gen_random_uuid()"),
    "days that were made up": ("check-ins of merged", "update attendance set streak = 9"),
    "a season that was not final": (
        "leaderboards",
        "update member_merge set kept_seasons = array(select season_id from season)",
    ),
    "caps that were not taken over": ("caps", "update cap_usage set times = times - 1"),
}


@pytest.mark.parametrize("check, statement", PLANTED.values(), ids=PLANTED)
def test_it_names_the_check(engine: Any, superuser: psycopg.Connection[Any], check: str, statement: str) -> None:
    world: World = open_world(engine)
    world.record(comment("old"), comment("new", 2))
    world.check_in("old", now=START)
    merge_old(world)
    assert broken_now(world) == []

    changed = tamper_with(superuser, statement)

    assert changed
    assert check in {finding.check for finding in broken_now(world)}
