"""Batches when the database fails in the middle: what was decided is said, the rest may be sent again."""

from typing import Any

import pytest

from tests.support.http import Caller, event, problem_of

FAIL = "raise exception 'planted'"
CUT = "perform pg_terminate_backend(pg_backend_pid())"
DEADLOCK = "raise exception 'planted' using errcode = '40P01'"


def plant(superuser: Any, what: str, *, event_id: str, times: int = 1000) -> None:
    """Let writing the decision of an event fail, so many times."""
    superuser.execute(f"create sequence planted maxvalue {times + 1} cycle")
    superuser.execute("grant all on sequence planted to public")
    superuser.execute(
        "create function fail() returns trigger language plpgsql as $$ begin"
        f" if nextval('planted') <= {times} then {what}; end if; return new; end $$"
    )
    superuser.execute(
        f"create trigger fail before insert on event for each row when (new.event_id = '{event_id}')"
        " execute function fail()"
    )


def logins(count: int) -> list[dict[str, Any]]:
    return [event(id=f"e{number}", type="login", member_id=f"m{number}") for number in range(count)]


def statuses(answer: Any) -> list[int]:
    return [result["status"] for result in answer.get_json()["results"]]


def test_an_event_that_the_database_cannot_take_fails_alone(backend: Caller, superuser: Any) -> None:
    plant(superuser, FAIL, event_id="e7")

    answer = backend.post("/v1/events/batch", json=logins(20))

    assert statuses(answer) == [500 if number == 7 else 201 for number in range(20)]
    assert answer.get_json()["results"][7]["problem"]["type"] == "/problems/unexpected"


def test_a_connection_lost_in_the_middle_costs_its_own_micro_batch_only(backend: Caller, superuser: Any) -> None:
    plant(superuser, CUT, event_id="e300", times=1)

    answer = backend.post("/v1/events/batch", json=logins(600))
    again = backend.post("/v1/events/batch", json=logins(600))

    assert answer.status_code == 200
    assert statuses(answer) == [201] * 250 + [503] * 250 + [201] * 100
    assert answer.get_json()["results"][300]["problem"]["type"] == "/problems/dependency-away"
    assert statuses(again) == [200] * 250 + [201] * 250 + [200] * 100


def test_a_batch_of_which_nothing_was_decided_is_a_503_as_a_whole(backend: Caller, superuser: Any) -> None:
    plant(superuser, CUT, event_id="e5")

    answer = backend.post("/v1/events/batch", json=logins(10))

    problem_of(answer, 503, "dependency-away")
    assert answer.headers["Retry-After"] == "1"


def test_a_deadlock_is_run_again_and_nobody_notices(backend: Caller, superuser: Any) -> None:
    plant(superuser, DEADLOCK, event_id="e5", times=2)

    assert statuses(backend.post("/v1/events/batch", json=logins(10))) == [201] * 10


@pytest.mark.parametrize("body", [b"", b"\n\n"])
def test_no_lines_give_no_lines(backend: Caller, body: bytes) -> None:
    answer = backend.post("/v1/events/batch", data=body, content_type="application/x-ndjson")

    assert (answer.status_code, answer.get_data()) == (200, b"")
