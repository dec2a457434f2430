"""Somebody of the staff before the catalogue's pages, and what lies on the shelf."""

import html
import io
import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from rewards.access.scopes import Role
from rewards.http.auth import STAFF_COOKIE
from tests.support.http import Forum

PROOF = re.compile(r'name="csrf" value="(\w+)"')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
FILLED_IN = {
    "key": "coffee-5000",
    "stock": "codes",
    "name_ko": "커피 5,000원권",
    "name_en": "5,000 won coffee card",
    "face_value": "5,000",
    "currency": "krw",
    "price": "500",
    "for_sale": "true",
}


@dataclass
class Keeper:
    """A browser without scripts in which somebody of the staff is signed in."""

    client: FlaskClient

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(path, query_string=query or None)

    def page(self, path: str, **query: str) -> str:
        """What a page says, as a reader sees it: entities resolved."""
        return text_of(self.get(path, **query))

    def hidden(self, path: str) -> dict[str, str]:
        """The hidden fields of a page's last form."""
        return dict(HIDDEN.findall(self.get(path).get_data(as_text=True)))

    def send(self, path: str, fields: dict[str, Any], *, opened: str | None = None) -> TestResponse:
        """Open a page, fill its form in and send it as a browser does that has files to choose."""
        proof = PROOF.search(self.get(opened or path).get_data(as_text=True))
        given = {"csrf": proof[1] if proof else "", **fields}
        answer = self.client.post(path, data=given, content_type="multipart/form-data")
        # Werkzeug writes a long form to a file, and leaves it open.
        answer.request.environ["wsgi.input"].close()
        return answer


def keeper(forum: Forum, role: Role = "manager", *, name: str | None = None, language: str = "en") -> Keeper:
    """Somebody of that role."""
    client = forum.app.test_client()
    token = forum.staff(role, name=name).headers["Authorization"].removeprefix("Bearer ")
    client.set_cookie(STAFF_COOKIE, token)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return Keeper(client)


def text_of(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


def made(keeper: Keeper, **fields: Any) -> str:
    """A new product's page."""
    done = keeper.send("/staff/products/new", FILLED_IN | fields)
    assert done.status_code == 303, text_of(done)
    return done.headers["Location"]


def form_of(keeper: Keeper, path: str, **fields: Any) -> dict[str, Any]:
    """A product's form as it was opened, with some fields filled in otherwise; a field that is None is left out."""
    opened = keeper.get(path).get_data(as_text=True)
    values = {name: html.unescape(value) for name, value in HIDDEN.findall(opened)}
    values |= {
        name: html.unescape(value)
        for name, value in re.findall(
            r'<input id="\w+" name="(\w+)" type="(?:text|datetime-local)" value="([^"]*)"', opened
        )
    }
    values |= {
        name: html.unescape(value)
        for name, value in re.findall(r'<textarea id="\w+" name="(\w+)"[^>]*>([^<]*)<', opened)
    }
    values |= dict.fromkeys(re.findall(r'name="(\w+)" type="checkbox" value="true" checked', opened), "true")
    values |= {"limit_period": found[1] if (found := re.search(r'<option value="(\w+)" selected', opened)) else ""}
    return {name: value for name, value in (values | fields).items() if value is not None}


def png(colour: str = "tomato", size: tuple[int, int] = (160, 100)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return target.getvalue()


def upload(content: bytes, name: str = "card.png") -> tuple[io.BytesIO, str]:
    """A file as a form sends it."""
    return io.BytesIO(content), name
