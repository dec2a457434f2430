"""Signing in to the desk as people do: by the form, with the cookies that it gives."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.http import PASSWORD, Forum

PROOF = re.compile(r'name="csrf" value="(\w*)"')
HERE = "192.0.2.7"


def browser_at(forum: Forum, address: str = HERE) -> FlaskClient:
    """A browser of its own, at an address."""
    client = forum.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def proof_on(page: TestResponse) -> str:
    """What a form of the page carries."""
    found = PROOF.search(page.get_data(as_text=True))
    assert found
    return found[1]


def try_it(client: FlaskClient, name: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
    """Open the form, fill it in, send it."""
    proof = proof_on(client.get("/staff/sign-in"))
    return client.post("/staff/sign-in", data={"csrf": proof, "name": name, "password": password, **fields})
