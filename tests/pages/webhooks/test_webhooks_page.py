"""Webhooks at the desk: a secret is shown once, and what failed is sent again."""

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rewards.http.auth import STAFF_COOKIE
from rewards.pages.forms import proof_of
from tests.support.http import Forum
from tests.support.village_life import staff_token
from tests.support.world import World


@dataclass
class Desk:
    """What mina's browser sends and gets."""

    forum: Forum
    client: FlaskClient

    def send(self, path: str, **form: str) -> TestResponse:
        with self.forum.app.test_request_context():
            proof = proof_of(staff_token("mina"))
        return self.client.post(path, data={"csrf": proof, **form})

    def text(self, path: str) -> str:
        return self.client.get(path).get_data(as_text=True)


@pytest.fixture
def desk(forum: Forum, lively: World) -> Desk:
    assert lively
    client = forum.app.test_client()
    client.set_cookie(STAFF_COOKIE, staff_token("mina"))
    return Desk(forum, client)


def one_of(world: World) -> str:
    return f"/staff/webhooks/{world.rows('select endpoint_id from webhook_endpoint')[0].endpoint_id}"


def test_the_secret_is_on_one_page_and_on_no_other(desk: Desk, lively: World) -> None:
    made = desk.send("/staff/webhooks", url="https://forum.example/new", **{"type:level.up": "true"})
    text = made.get_data(as_text=True)
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", text)
    newest = lively.rows("select endpoint_id from webhook_endpoint order by endpoint_id desc limit 1")[0].endpoint_id

    assert made.headers["Cache-Control"] == "no-store"
    assert secret not in desk.text("/staff/webhooks") + desk.text(f"/staff/webhooks/{newest}")


@pytest.mark.parametrize(
    "url", ["ftp://forum.example", "forum.example", "https://user:pw@forum.example", "http://[", ""]
)
def test_an_address_that_cannot_be_called_is_refused_and_nothing_is_lost(desk: Desk, lively: World, url: str) -> None:
    refused = desk.send("/staff/webhooks", url=url or " ", **{"type:level.up": "true"})

    assert refused.status_code == 422
    assert 'name="type:level.up" type="checkbox" value="true" checked' in refused.get_data(as_text=True)
    assert len(lively.rows("select from webhook_endpoint")) == 1


def test_a_message_is_sent_again_and_a_webhook_switched_off_and_on(desk: Desk, lively: World) -> None:
    delivered = lively.rows("select message_id from webhook_delivery where state = 'delivered' limit 1")[0].message_id
    one = one_of(lively)

    desk.send(f"{one}/resend/{delivered}")
    desk.send(f"{one}/switch", enabled="false")
    off = lively.rows("select state from webhook_delivery where message_id = :id", id=delivered)[0].state
    desk.send(f"{one}/switch", enabled="true")
    desk.send(f"{one}/resend")
    again = lively.rows("select state from webhook_delivery where message_id = :id", id=delivered)[0].state

    assert (off, again) == ("failed", "waiting")


def test_a_test_is_sent_a_secret_replaced_and_a_webhook_deleted(desk: Desk, lively: World) -> None:
    one = one_of(lively)

    desk.send(f"{one}/test")
    replaced = desk.send(f"{one}/rotate").get_data(as_text=True)
    tests = lively.rows("select from webhook_message where type = 'webhook.test'")
    desk.send(f"{one}/delete")

    assert "whsec_" in replaced
    assert len(tests) == 1
    assert lively.rows("select from webhook_endpoint") == []
