"""Somebody of the staff at the desk: with the cookie of a sign-in, and forms as a browser sends them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from rewards.access.scopes import Role
from rewards.http.auth import STAFF_COOKIE
from rewards.pages.forms import proof_of
from tests.support.http import Forum

_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass
class AtTheDesk:
    """Signed in, in a browser without scripts."""

    client: FlaskClient
    secret: str
    proof: str

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def read(self, path: str, status: int = 200) -> str:
        """The page's HTML."""
        answer = self.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def send(self, path: str, **fields: Any) -> TestResponse:
        """A form with its proof."""
        return self.client.post(path, data={"csrf": self.proof, **fields})

    def do(self, path: str, **fields: Any) -> str:
        """A form that leads on to a page: that page."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self.read(answer.headers["Location"])


def at_the_desk(forum: Forum, role: Role = "manager", name: str | None = None) -> AtTheDesk:
    """Sign somebody in, who reads English."""
    secret = forum.staff(role, name=name).headers["Authorization"].removeprefix("Bearer ")
    client = forum.app.test_client()
    client.set_cookie(STAFF_COOKIE, secret)
    client.set_cookie("lang", "en")
    with forum.app.app_context():
        return AtTheDesk(client, secret, proof_of(secret))


def sit_down(page: Page, forum: Forum, address: str, role: Role = "manager", name: str | None = None) -> None:
    """Sign a real browser in."""
    secret = forum.staff(role, name=name).headers["Authorization"].removeprefix("Bearer ")
    page.context.add_cookies([{"name": STAFF_COOKIE, "value": secret, "url": address}])


def hidden_of(html: str) -> dict[str, str]:
    """The hidden fields of a page's forms; the last one of a name."""
    return dict(_FIELD.findall(html))


def view_of(member_id: str) -> str:
    """The address of a member's page."""
    return f"/staff/members/view?id={quote(member_id, safe='')}"
