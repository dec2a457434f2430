"""What stands around every page: the forum's name, the language, the reader; and the words that templates ask for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import request, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup, escape

from rewards.http.surroundings import here, request_now
from rewards.pages import words
from rewards.pages.languages import Language, other_than
from rewards.pages.reader import Reader, present_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Of one request."""

    community: str
    locale: Language
    timezone: ZoneInfo
    today: date
    reader: Reader | None

    @property
    def member_id(self) -> str | None:
        """The reader's id."""
        return self.reader.member_id if self.reader else None

    @property
    def other_locale(self) -> Language:
        """The language to change to."""
        return other_than(self.locale)

    @property
    def other_language_url(self) -> str:
        """This page in the other language; the start page where there is none, or its address holds a token."""
        if request.endpoint is None or request.endpoint == "pages.sign_in" or request.method != "GET":
            return url_for("pages.start", lang=self.other_locale)
        kept = {**request.args.to_dict(), **(request.view_args or {}), "lang": self.other_locale}
        return url_for(request.endpoint, **kept)

    @property
    def sign_in_url(self) -> str | None:
        """Where a visitor becomes a member, if the operator has said where: there and back to this page."""
        address = here().settings.sign_in_url
        if not address:
            return None
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'next': wanted})}"

    @property
    def here(self) -> str:
        """Which of the header's pages this is."""
        return request.path.split("/")[1]


def present_frame() -> Frame:
    """The frame of the present request."""
    around = here()
    return Frame(
        community=around.settings.community_name,
        locale="ko" if str(get_locale()) == "ko" else "en",
        timezone=around.settings.community_timezone,
        today=around.calendar.day_of(request_now()),
        reader=present_reader(),
    )


def phrases(frame: Frame) -> Mapping[str, Callable[..., str]]:
    """What templates call to say dates and spans in the page's language."""
    return {
        "days": lambda first, last: words.days(first, last, locale=frame.locale, today=frame.today),
        "weekday": lambda number: get_day_names("wide", locale=frame.locale)[number],
        "time_of_day": lambda minute: f"{minute // 60:02}:{minute % 60:02}",
        "month_name": lambda month: words.month(month, frame.locale),
        "moment": lambda at: words.moment(at.astimezone(frame.timezone), frame.locale),
        "place_number": place_number,
    }


def place_number(rank: int) -> str:
    """A place as it is said by itself: 14위, or #14."""
    return gettext("#%(rank)s", rank=words.number(rank))


def code(said: str) -> Markup:
    """Text with what stands between backticks set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(said))))  # noqa: S704 -- escaped just before


def iso(at: datetime) -> str:
    """A time for machines: UTC with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
