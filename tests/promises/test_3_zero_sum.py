"""Promise 3: every entry names its contra, so that what the issuer owes is a sum and needs no row."""

import re
from collections import Counter
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from ledger.holds import capture_hold, place_hold
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.world import World, open_world

CONTRA = re.compile(r"(issuance:[a-z][a-z0-9.\-]*|redemption|redemption:.+|expiry|adjustment|merge)")


@pytest.fixture
def world(engine: Engine) -> World:
    """A community that has earned, paid, lost, got back, spent and attended."""
    world = open_world(engine)
    world.record(
        make_event("member.joined"),
        make_event("post.created", subject="post:1", board="market"),
        make_comment(subject="comment:1"),
        make_event("reply.received", "jun", subject="comment:1"),
        make_event("comment.deleted", subject="comment:1"),
    )
    world.record(
        make_event("comment.restored", subject="comment:1"), make_event("comment.deleted", subject="comment:1")
    )
    world.check_in("jun", greeting=None)

    def spend(session: Any) -> None:
        hold_id = uuid7()
        account = world.locked(session, "jun")
        account = place_hold(session, account, hold_id=hold_id, points=30, purpose="test", now=START)
        capture_hold(session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", points=25, now=START)

    world.run(spend)
    return world


def test_members_and_contras_sum_to_zero(world: World) -> None:
    contras = Counter[str]()
    for entry in world.rows("select contra, points from entry"):
        contras[entry.contra] -= entry.points

    members = sum(row.balance for row in world.rows("select balance from account"))

    assert members + sum(contras.values()) == 0
    assert dict(contras) == {
        "issuance:member.joined": -100,
        "issuance:post.created": 50,
        "issuance:comment.created": 0,
        "issuance:reply.received": 0,
        "issuance:attendance.base": -20,
        "issuance:attendance.place.1": -80,
        "redemption": 25,
    }


def test_a_reversal_returns_its_points_to_where_they_came_from(world: World) -> None:
    pairs = world.rows(
        "select r.contra, a.contra as of_award, r.points, a.points as awarded, r.kind from entry r"
        " join entry a on a.account_id = r.account_id and a.seq = r.award_seq"
    )

    assert len(pairs) == 6
    for pair in pairs:
        assert pair.contra == pair.of_award
        assert pair.points == (pair.awarded if pair.kind == "restore" else -pair.awarded)


def test_every_contra_is_of_a_known_kind(world: World) -> None:
    assert all(CONTRA.fullmatch(row.contra) for row in world.rows("select distinct contra from entry"))


def test_an_entry_without_a_contra_or_without_points_is_refused(world: World, superuser: Any) -> None:
    copied = (
        "insert into entry select account_id, seq + 100, {points}, 'award', {contra}, transfer_id, balance_after,"
        " held_after, occurred_at, recorded_at, season, month, null, null, false, null, hash from entry limit 1"
    )

    with pytest.raises(psycopg.errors.NotNullViolation):
        superuser.execute(copied.format(points=1, contra="null"))
    with pytest.raises(psycopg.errors.CheckViolation):
        superuser.execute(copied.format(points=0, contra="'issuance:login'"))
