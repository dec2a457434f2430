"""Tries to sign in against the database: what counts, for whom, how many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rewards.access.staff import StaffMember, create_staff, set_password
from rewards.access.staff_sessions import open_session
from rewards.access.staff_sign_in import MustWait, Try, begin_try, succeed
from rewards.access.throttle import FREE_OF_ADDRESS, FREE_OF_NAME, FREE_OF_PAIR
from rewards.runtime.database import transaction
from rewards.staff.signing_in import turn_away
from tests.support.clock import START

HOME, STRANGER = "192.0.2.7", "203.0.113.9"


@pytest.fixture
def mina(engine: Engine) -> StaffMember:
    """Somebody of the staff."""
    with transaction(engine) as session:
        return create_staff(session, name="mina", password="a password of some length", role="manager", now=START)


def fail(engine: Engine, name: str = "mina", *, address: str = HOME, times: int = 1, later_s: int = 0) -> list[bool]:
    """Try with wrong passwords; for each whether it was taken at all."""
    taken: list[bool] = []
    now = START + timedelta(seconds=later_s)
    for _ in range(times):
        with transaction(engine) as session:
            tried = begin_try(session, name=name, address=address, now=now)
            if isinstance(tried, Try):
                turn_away(session, tried, now=now)
            taken.append(isinstance(tried, Try))
    return taken


def audit(engine: Engine) -> list[tuple[str, str, str]]:
    with transaction(engine) as session:
        return [tuple(row) for row in session.execute(text("select actor, action, about from audit order by audit_id"))]


def test_many_guesses_at_once_get_no_more_free_ones_than_one_after_the_other(engine: Engine, mina: StaffMember) -> None:
    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(lambda _: fail(engine)[0], range(24)))

    assert taken.count(True) == FREE_OF_PAIR


def test_success_clears_what_failed_from_there(engine: Engine, mina: StaffMember) -> None:
    fail(engine, times=FREE_OF_PAIR - 1)
    with transaction(engine) as session:
        tried = begin_try(session, name="mina", address=HOME, now=START)
        assert isinstance(tried, Try)
        succeed(session, tried, address=HOME, agent=None, now=START)

    assert fail(engine, times=FREE_OF_PAIR + 1) == [True] * FREE_OF_PAIR + [False]


def test_what_failed_a_day_ago_does_not_count(engine: Engine, mina: StaffMember) -> None:
    fail(engine, times=FREE_OF_PAIR)

    assert fail(engine, times=FREE_OF_PAIR, later_s=86_401) == [True] * FREE_OF_PAIR


def test_a_try_that_is_not_taken_does_not_count(engine: Engine, mina: StaffMember) -> None:
    fail(engine, times=FREE_OF_PAIR + 50)

    assert fail(engine, later_s=2) == [True]


def test_one_stranger_cannot_use_up_a_name_for_others(engine: Engine, mina: StaffMember) -> None:
    for later in range(40):
        fail(engine, address=STRANGER, later_s=later * 900)

    assert fail(engine, later_s=40 * 900) == [True]


def test_an_attack_from_many_addresses_is_slowed_but_not_for_whoever_comes_from_home(
    engine: Engine, mina: StaffMember
) -> None:
    with transaction(engine) as session:
        open_session(session, mina, address=HOME, agent=None, now=START - timedelta(days=3))
    for number in range(FREE_OF_NAME // FREE_OF_PAIR):
        fail(engine, address=f"203.0.113.{number}", times=FREE_OF_PAIR)

    assert fail(engine, address="198.51.100.1") == [False]
    assert fail(engine, address=HOME) == [True]


def test_an_address_that_tries_many_names_is_slowed(engine: Engine, mina: StaffMember) -> None:
    for number in range(FREE_OF_ADDRESS):
        assert fail(engine, f"name {number}", address=STRANGER) == [True]

    assert fail(engine, "mina", address=STRANGER) == [False]
    assert fail(engine, "mina", address=HOME) == [True]


def test_a_name_that_nobody_has_waits_like_one_that_somebody_has_and_is_written_nowhere(engine: Engine) -> None:
    secret = "my password, in the wrong field"

    taken = fail(engine, secret, times=FREE_OF_PAIR + 1)

    with transaction(engine) as session:
        kept = str(session.execute(text("select * from sign_in_failure")).all())
        noted = str(session.execute(text("select * from audit")).all())
    assert taken == [True] * FREE_OF_PAIR + [False]
    assert secret not in kept + noted
    assert audit(engine) == [("nobody", "staff.sign-in-slowed", "staff:unknown")]


def test_the_audit_tells_once_when_somebody_is_slowed(engine: Engine, mina: StaffMember) -> None:
    fail(engine, times=FREE_OF_PAIR + 3)

    assert audit(engine) == [("nobody", "staff.sign-in-slowed", "staff:mina")]


def test_a_new_password_forgets_the_failures(engine: Engine, mina: StaffMember) -> None:
    fail(engine, times=FREE_OF_PAIR)
    with transaction(engine) as session:
        assert isinstance(begin_try(session, name="mina", address=HOME, now=START), MustWait)

    with transaction(engine) as session:
        set_password(session, "mina", password="another password", now=START)

    assert fail(engine) == [True]
