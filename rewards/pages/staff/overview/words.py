"""What needs somebody now, in words, each with the page where it is seen to; the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import format_decimal, gettext, ngettext

from market.outlook import StockOutlook
from rewards.pages import words
from rewards.pages.frame import Frame
from rewards.pages.staff.overview.view import Front, Machine, Work
from rewards.pages.staff.products.words import outlook_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing to see to. `alarm`: something is wrong, rather than waiting."""

    words: str
    address: str | None = None
    alarm: bool = False
    more: str = ""


@dataclass(frozen=True, slots=True)
class RankingState:
    """Whether Redis answers, and whether somebody vouches for the ranking in it."""

    redis: bool
    live: bool


def needs_of(front: Front, *, ranking: RankingState, frame: Frame, now: datetime) -> list[Need]:
    """Everything that waits for somebody."""
    found = [
        *_of_machine(front.machine, frame=frame, now=now),
        *_of_ranking(ranking),
        *_of_work(front.work, frame=frame),
    ]
    return sorted(found, key=lambda need: not need.alarm)


def _of_machine(machine: Machine, *, frame: Frame, now: datetime) -> Iterator[Need]:
    verified = machine.verified
    if verified.findings:
        said = ngettext("Verifying found one broken row.", "Verifying found %(num)d broken rows.", verified.findings)
        yield Need(words=said, alarm=True, more=verified.first_finding or "")
    elif verified.is_stale(now):
        yield Need(words=gettext("Nothing has been verified for over two hours. Is the scheduler running?"), alarm=True)
    for season in machine.unsettled:
        said = gettext("The week of %(day)s waits to be settled. Is the scheduler running?", day=_day(season, frame))
        yield Need(words=said, address=url_for("staff.season", season=season), alarm=True)
    if machine.midnight_missing:
        yield Need(words=gettext("The places of last midnight are missing. Is the scheduler running?"), alarm=True)
    stopped = machine.lapses_stopped
    if stopped is not None:
        said = gettext(
            "%(points)s of %(all)s points have lapsed: too many to be taken at once. Nothing was taken.",
            points=format_decimal(stopped.points),
            all=format_decimal(stopped.of_points),
        )
        more = gettext("If the rules are as they should be, an operator runs: rewards lapse --allow")
        yield Need(words=said, alarm=True, more=more)


def _of_ranking(ranking: RankingState) -> Iterator[Need]:
    if not ranking.redis:
        yield Need(words=gettext("Redis is away. Everything works; rankings are read from the database, more slowly."))
    elif not ranking.live:
        yield Need(words=gettext("The ranking in Redis is not up to date, so it is read from the database."))


def _of_work(work: Work, *, frame: Frame) -> Iterator[Need]:
    if work.overdue:
        said = ngettext(
            "One redemption waits longer than 48 hours.", "%(num)d redemptions wait longer than 48 hours.", work.overdue
        )
        yield Need(words=said, address=url_for("staff.queue"), alarm=True)
    if work.queue.to_approve:
        said = ngettext("One redemption needs approval.", "%(num)d redemptions need approval.", work.queue.to_approve)
        yield Need(words=said, address=url_for("staff.queue", tab="to_approve"))
    if work.adjustments:
        said = ngettext("One adjustment needs approval.", "%(num)d adjustments need approval.", work.adjustments)
        yield Need(words=said, address=url_for("staff.adjustments"))
    for season in work.in_review:
        said = gettext("The result of the week of %(day)s waits for review.", day=_day(season, frame))
        yield Need(words=said, address=url_for("staff.season", season=season))
    for season in work.late_seasons:
        said = gettext(
            "What was taken back too late would have changed the winners of the week of %(day)s.",
            day=_day(season, frame),
        )
        yield Need(words=said, address=url_for("staff.season", season=season))
    yield from _of_stock(work, frame=frame)


def _of_stock(work: Work, *, frame: Frame) -> Iterator[Need]:
    for one in work.low:
        said = f"{product_name(one, frame)}: {stock_words(one, frame=frame)}"
        yield Need(words=said, address=url_for("staff.product", product_id=one.product_id))
    if work.lapsing:
        said = ngettext(
            "One code in stock lapses within 30 days.", "%(num)d codes in stock lapse within 30 days.", work.lapsing
        )
        yield Need(words=said, address=url_for("staff.products"))


def stock_words(one: StockOutlook, *, frame: Frame) -> str:
    """How long a product lasts."""
    return outlook_words(one, today=frame.today) or gettext("sold out")


def product_name(one: StockOutlook, frame: Frame) -> str:
    """What a product is called."""
    return one.name_ko if frame.locale == "ko" else one.name_en


def _day(season: date, frame: Frame) -> str:
    return words.day(season, frame.locale, today=frame.today)
