import pytest
from click.testing import CliRunner, Result

from rewards.cli import cli
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
