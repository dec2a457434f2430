"""Members at the pages without a browser: signed in, pressing what a page's forms offer, its words read."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from tests.support.http import Caller, Forum

HTML_BYTES_MAX = 60_000


@dataclass(frozen=True)
class Reader:
    """A member (or a visitor) with a browser that runs no scripts."""

    caller: Caller
    language: str = "ko"

    def get(self, path: str) -> TestResponse:
        return self.caller.get(path, headers=self._headers)

    def read(self, path: str) -> str:
        """A page that must be there, and small."""
        response = self.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert len(response.data) < HTML_BYTES_MAX
        return response.get_data(as_text=True)

    def words(self, path: str) -> str:
        """What a page says."""
        return words_of(self.read(path))

    def press(self, path: str, *, form: dict[str, str], **changed: str | None) -> TestResponse:
        """Send a form as it was read; `changed` replaces a field, None leaves it away."""
        fields = {name: value for name, value in (form | changed).items() if value is not None}
        return self.caller.post(path, data=fields, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept": "text/html", "Accept-Language": self.language}


def reader_of(forum: Forum, member_id: str, *, language: str = "ko") -> Reader:
    """A member who has come in from the forum."""
    caller = forum.anybody()
    assert caller.get(f"/sso?next=/ranking&token={forum.token(member_id)}").status_code == 303
    return Reader(caller, language)


def visitor_of(forum: Forum, *, language: str = "ko") -> Reader:
    """Somebody who is not signed in."""
    return Reader(forum.anybody(), language)


def words_of(page: str | TestResponse) -> str:
    """The text of a page's content, its tags gone and its spaces single."""
    html = page if isinstance(page, str) else page.get_data(as_text=True)
    content = html.partition("<main")[2].partition("</main>")[0]
    joined = re.sub(r"</?(?:b|bdi|time)\b[^>]*>", "", f"<main{content}")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", joined))).strip()


def form_of(page: str | TestResponse, *, action: str | None = None) -> dict[str, str]:
    """The hidden fields of the content's form (the one that goes to `action`, if there are several)."""
    html = page if isinstance(page, str) else page.get_data(as_text=True)
    content = html.partition("<main")[2].partition("</main>")[0]
    wanted = re.escape(action) if action else '[^"]*'
    form = re.search(f'<form method="post" action="{wanted}".*?</form>', content, re.DOTALL)
    assert form, words_of(html)
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[0])}


def redirected_to(response: TestResponse) -> Any:
    """Where a form sends its reader on to."""
    assert response.status_code == 303, words_of(response)
    return response.headers["Location"]
