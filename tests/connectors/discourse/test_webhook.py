"""Discourse's webhooks as they come in over HTTP: signed, again, deleted and recovered."""

import hmac
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Forum

PAYLOADS = Path(__file__).with_name("payloads")
SECRET = "the secret of a webhook"
PATH = "/v1/integrations/discourse/webhook"


@pytest.fixture
def environment(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The service's environment, with a Discourse connected."""
    monkeypatch.setenv("DISCOURSE_SECRET", SECRET)
    return environment | {"DISCOURSE_SECRET": SECRET}


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum


def send(forum: Forum, file: str, *, name: str, number: int = 1, secret: str = SECRET) -> TestResponse:
    """One webhook, as Discourse sends it."""
    body = (PAYLOADS / f"{file}.json").read_bytes()
    headers = {
        "Content-Type": "application/json",
        "X-Discourse-Event": name,
        "X-Discourse-Event-Id": str(number),
        "X-Discourse-Event-Signature": "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex(),
    }
    return forum.app.test_client().post(PATH, data=body, headers=headers)


def decision(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()["decision"]


def balance(forum: Forum, member_id: str) -> int:
    return forum.key("members:read").get(f"/v1/members/{member_id}/balance").get_json()["balance"]


def test_a_topic_a_reply_and_a_like_earn_points_once(forum: Forum) -> None:
    first = send(forum, "post_created", name="post_created")
    send(forum, "reply_created", name="post_created", number=2)
    send(forum, "post_liked", name="post_liked", number=3)

    assert decision(first)["points"] == 20
    assert (balance(forum, "7"), balance(forum, "9")) == (25, 10)
    profile = forum.key("members:read").get("/v1/members/7").get_json()
    assert profile["name"] == "민지"


def test_what_discourse_sends_again_does_no_harm(forum: Forum, clock: SettableClock) -> None:
    send(forum, "post_created", name="post_created")
    send(forum, "topic_destroyed", name="topic_destroyed", number=2)
    clock.advance(minutes=3)

    again = send(forum, "topic_destroyed", name="topic_destroyed", number=2)
    created = send(forum, "post_created", name="post_created")

    assert again.get_json() == {"decision": None, "note": "It was taken in before."}
    assert decision(created)["points"] == 20, "the first decision, word for word"
    assert balance(forum, "7") == 0


def test_what_was_deleted_and_recovered_counts_again(forum: Forum, clock: SettableClock) -> None:
    send(forum, "reply_created", name="post_created")
    clock.advance(minutes=1)
    send(forum, "reply_destroyed", name="post_destroyed", number=2)
    assert balance(forum, "9") == 0
    clock.advance(minutes=1)

    restored = send(forum, "reply_recovered", name="post_recovered", number=3)

    assert decision(restored)["outcome"] == "restored"
    assert balance(forum, "9") == 10


@pytest.mark.parametrize("name", ["ping", "post_edited", "category_created"])
def test_what_means_nothing_here_is_taken_quietly(forum: Forum, name: str) -> None:
    assert send(forum, "ping", name=name).get_json()["decision"] is None


def test_another_secret_opens_nothing(forum: Forum) -> None:
    response = send(forum, "post_created", name="post_created", secret="somebody else's secret")

    assert response.status_code == 401
    assert "DISCOURSE_SECRET" in response.get_json()["detail"]


def test_a_payload_that_lacks_what_it_must_have_is_refused_in_words(forum: Forum) -> None:
    response = send(forum, "user_created", name="post_created")

    assert response.status_code == 400
    assert "post_created" in response.get_json()["detail"]
