"""What is logged is one line of JSON, and holds no secret."""

import json
import logging

import pytest
import structlog

from rewards.runtime.logs import HIDDEN, hide_secrets, line_formatter

SECRETS = [
    "ptk_AbC-123_def",
    "pts_AbC-123_def",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtIn0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_tokens_and_keys_are_hidden_wherever_they_stand(secret: str) -> None:
    event = hide_secrets(None, "info", {"event": f"sent {secret} on", "headers": {"x": [secret]}, "why": f"a {secret}"})

    assert secret not in repr(event)
    assert event["event"] == f"sent {HIDDEN} on"


@pytest.mark.parametrize("name", ["Authorization", "password", "set_cookie", "secret_key", "token", "api_key", "code"])
def test_fields_are_hidden_by_their_names(name: str) -> None:
    assert hide_secrets(None, "info", {name: "GIFT-1234"}) == {name: HIDDEN}


@pytest.mark.parametrize(
    "told,shown",
    [
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("/sso?token=abc&next=/ranking", f"/sso?token={HIDDEN}&next=/ranking"),
        ("postgresql://rewards:hush@db/rewards", f"postgresql://rewards:{HIDDEN}@db/rewards"),
        ("redis://:hush@cache/0", f"redis://:{HIDDEN}@cache/0"),
        ("status_code stays", "status_code stays"),
    ],
)
def test_secrets_inside_text_are_hidden(told: str, shown: str) -> None:
    assert hide_secrets(None, "info", {"event": told}) == {"event": shown}


def test_what_is_no_secret_stays() -> None:
    event = {"event": "request", "status_code": 200, "member_id": "m-1", "points": 10, "outcome": "awarded"}

    assert hide_secrets(None, "info", dict(event)) == event


def test_a_line_is_json_with_the_id_of_its_request_and_hides_secrets_in_tracebacks() -> None:
    formatter = line_formatter("json")
    record = logging.LogRecord("any.library", logging.WARNING, __file__, 1, "went wrong with %s", ("ptk_abc",), None)
    try:
        raise ValueError("Bearer abcdef")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)

    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        line = json.loads(formatter.format(record))

    assert line["event"] == f"went wrong with {HIDDEN}"
    assert (line["level"], line["request_id"], line["logger"]) == ("warning", "r-1", "any.library")
    assert "ValueError" in line["exception"]
    assert "abcdef" not in line["exception"]
