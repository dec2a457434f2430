import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from rewards.access.audit import read_audit
from rewards.access.staff import find_staff
from rewards.access.staff_sessions import caller_on_staff, open_session
from rewards.cli import cli
from rewards.errors import NotSignedIn
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings

pytestmark = pytest.mark.usefixtures("settings")


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, words, input=typed)


def test_making_a_key_prints_the_key_and_nothing_else() -> None:
    made = run("api-key", "create", "--name", "forum", "--scope", "events:write", "--scope", "members:read")

    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("ptk_")
    assert made.stdout.count("\n") == 1
    assert made.stderr == ""


def test_keys_are_listed_without_secrets_and_end_when_revoked() -> None:
    secret = run(
        "api-key", "create", "--name", "forum", "--scope", "events:write", "--expires-in-days", "30"
    ).stdout.strip()
    listed = run("api-key", "list").stdout
    key_id = listed.split("\t")[0]

    revoked = run("api-key", "revoke", key_id)

    assert secret not in listed
    assert "expires" in listed
    assert revoked.exit_code == 0
    assert "revoked" in run("api-key", "list").stdout
    assert run("api-key", "revoke", "00000000-0000-0000-0000-000000000000").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--name", "forum", "--scope", "everything"),
        ("--name", "forum"),
        ("--name", "a\nb", "--scope", "events:write"),
        ("--name", "forum", "--scope", "events:write", "--source", "attendance"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_nothing_on_stdout(words: tuple[str, ...]) -> None:
    refused = run("api-key", "create", *words)

    assert refused.exit_code != 0
    assert refused.stdout == ""


def test_a_name_is_taken_while_its_key_is_valid() -> None:
    run("api-key", "create", "--name", "forum", "--scope", "events:write")

    assert "valid already" in run("api-key", "create", "--name", "forum", "--scope", "events:write").stderr


def test_staff_get_an_account_and_lose_it() -> None:
    made = run("staff", "create", "--name", "mina", "--role", "manager", "--password-stdin", typed="a long password\n")
    short = run("staff", "create", "--name", "jun", "--role", "viewer", "--password-stdin", typed="short\n")
    again = run("staff", "create", "--name", "mina", "--role", "viewer", "--password-stdin", typed="a long password\n")
    disabled = run("staff", "disable", "--name", "mina")

    assert made.exit_code == disabled.exit_code == 0, made.output
    assert "at least 12" in short.stderr
    assert again.exit_code == 1
    assert run("staff", "list").stdout.startswith("mina\tmanager\tdisabled")


def test_a_password_is_asked_for_twice(settings: Settings) -> None:
    typed = "a long password\na long password\n"

    made = run("staff", "create", "--name", "mina", "--role", "viewer", typed=typed)

    assert settings
    assert made.exit_code == 0, made.output
    assert made.stdout == ""


def sign_in(engine: Engine, name: str) -> str:
    """Sign somebody in; their token."""
    with transaction(engine) as session:
        return open_session(session, find_staff(session, name), address="192.0.2.7", agent=None, now=now_utc()).token


def is_good(engine: Engine, token: str) -> bool:
    with transaction(engine) as session:
        try:
            caller_on_staff(session, token, now=now_utc())
        except NotSignedIn:
            return False
    return True


def hire(name: str, role: str = "viewer") -> None:
    run("staff", "create", "--name", name, "--role", role, "--password-stdin", typed="a long password\n")


def test_a_new_password_ends_what_was_signed_in_with_the_old_one(engine: Engine) -> None:
    hire("mina")
    token = sign_in(engine, "mina")

    short = run("staff", "password", "--name", "mina", "--password-stdin", typed="short\n")
    assert is_good(engine, token)
    done = run("staff", "password", "--name", "mina", "--password-stdin", typed="another password\n")

    assert (short.exit_code, done.exit_code) == (1, 0)
    assert not is_good(engine, token)
    assert run("staff", "password", "--name", "jun", "--password-stdin", typed="a password of his\n").exit_code == 1


def test_a_role_changes_and_the_list_says_so() -> None:
    hire("mina")

    done = run("staff", "role", "--name", "mina", "--role", "manager")

    assert done.exit_code == 0
    assert json.loads(run("staff", "list", "--json").stdout) == [
        {"name": "mina", "role": "manager", "disabled_at": None}
    ]
    assert "no staff account 'jun'" in run("staff", "role", "--name", "jun", "--role", "viewer").stderr


def test_sign_ins_are_listed_and_one_is_ended(engine: Engine) -> None:
    hire("mina")
    hire("jun")
    minas, juns = sign_in(engine, "mina"), sign_in(engine, "jun")

    listed = json.loads(run("staff", "sessions", "--json").stdout)
    (own,) = json.loads(run("staff", "sessions", "--name", "mina", "--json").stdout)
    ended = run("staff", "revoke", own["id"])

    assert {one["name"] for one in listed} == {"mina", "jun"}
    assert own["address"] == "192.0.2.7"
    assert minas not in json.dumps(listed)
    assert ended.exit_code == 0
    assert not is_good(engine, minas)
    assert is_good(engine, juns)
    assert "\tjun\t" in run("staff", "sessions").stdout
    assert run("staff", "revoke", own["id"]).exit_code == 1


def test_what_the_operator_does_is_in_the_audit(engine: Engine) -> None:
    hire("mina")
    run("staff", "role", "--name", "mina", "--role", "manager")
    run("staff", "password", "--name", "mina", "--password-stdin", typed="another password\n")
    run("staff", "disable", "--name", "mina")

    with transaction(engine) as session:
        lines = read_audit(session, limit=10)

    assert [line.action for line in lines] == ["staff.disable", "staff.password", "staff.role", "staff.create"]
    assert {(line.actor, line.about) for line in lines} == {("operator", "staff:mina")}
    assert "another password" not in str(lines)
