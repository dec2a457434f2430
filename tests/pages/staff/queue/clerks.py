"""Staff at the queue without scripts: they read pages and press what is on them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rewards.access.scopes import Role
from rewards.http.auth import STAFF_COOKIE
from tests.support.http import Forum
from tests.support.member_pages import words_of

QUEUE = "/staff/queue"
_FORM = re.compile(r'<form[^>]*method="post" action="([^"]*)">.*?name="csrf" value="(\w+)"', re.DOTALL)


@dataclass(frozen=True)
class Clerk:
    """Somebody of the staff."""

    client: FlaskClient
    token: str
    actor: str
    language: str

    def get(self, path: str = QUEUE, **query: str) -> TestResponse:
        return self.client.get(
            path, query_string=query or None, headers={"Accept-Language": self.language, "Accept": "text/html"}
        )

    def read(self, path: str = QUEUE, **query: str) -> str:
        response = self.get(path, **query)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)

    def words(self, path: str = QUEUE, **query: str) -> str:
        return words_of(self.read(path, **query))

    def forms(self, **query: str) -> dict[str, str]:
        """The steps that the page offers, by name, and where each is sent."""
        found = [unescape(action) for action, _ in _FORM.findall(self.read(**query))]
        return {step_of(action): action for action in found if action.startswith(QUEUE)}

    def press(self, step: str, redemption_id: UUID | None = None, **fields: Any) -> TestResponse:
        """Open it, press the step, and stay with the answer itself."""
        query = {} if redemption_id is None else {"open": str(redemption_id)}
        return self.send(self.forms(**query)[step], **fields)

    def send(self, address: str, **fields: Any) -> TestResponse:
        """Send a form as if it had been open for long: whether or not the page offers it now."""
        proof = re.search(r'name="csrf" value="(\w+)"', self.read())
        headers = {"Accept-Language": self.language, "Accept": "text/html"}
        return self.client.post(address, data={"csrf": proof[1] if proof else "", **fields}, headers=headers)

    def follow(self, answer: TestResponse) -> str:
        """Go where an answer sends, and read what is said there."""
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return words_of(self.get(answer.location))

    def does(self, step: str, redemption_id: UUID | None = None, **fields: Any) -> str:
        """Press a step and read the page after it."""
        return self.follow(self.press(step, redemption_id, **fields))


def clerk_of(forum: Forum, *, role: Role, name: str, language: str = "ko") -> Clerk:
    """Somebody of a role, signed in at a browser of their own."""
    token = forum.staff(role, name=name).headers["Authorization"].removeprefix("Bearer ")
    client = forum.app.test_client()
    client.set_cookie(STAFF_COOKIE, token)
    return Clerk(client, token, f"staff:{name}", language)


def step_of(action: str) -> str:
    """What a form's address calls its step."""
    path = action.partition("?")[0].removeprefix(f"{QUEUE}/").split("/")
    return path[-1] if len(path) == 2 else {"fulfil": "bulk"}.get(path[0], path[0])


def step_at(redemption_id: UUID, step: str) -> str:
    """Where a step on a redemption is sent."""
    return f"{QUEUE}/{redemption_id}/{step}"
