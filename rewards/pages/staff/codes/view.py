"""Codes on the page of an import: what was tried or taken in, said without ever saying a code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session

from market.code_stock import CodeStock, Expiring, code_stock
from market.codes import BadLine, Imported
from market.products import ProductRow
from rewards.pages import words
from rewards.pages.staff.products.catalogue import name_of

LINES_SHOWN_MAX = 60
DAYS_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Lines that were refused for one reason: their numbers, as spans, and how many more there are."""

    said: str
    lines: int
    numbers: str
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became, or (`tried`) would become, of the lines. `nothing_new`: each code is in the stock already."""

    tried: bool
    codes: int
    refused: tuple[Refused, ...]
    nothing_new: bool

    @property
    def refused_lines(self) -> int:
        """How many lines were refused."""
        return sum(group.lines for group in self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesPage:
    """A product's stock of codes and the form of an import. `given`: what the person sent, for their eyes."""

    product_id: UUID
    name: str
    stock: CodeStock
    first_days: tuple[Expiring, ...]
    later_codes: int
    given: str = field(default="", repr=False)
    proof: str = ""
    result: Result | None = None
    wrong: str | None = None


def codes_page(
    session: Session,
    product: ProductRow,
    *,
    locale: str,
    today: date,
    given: str = "",
    proof: str = "",
    result: Result | None = None,
    wrong: str | None = None,
) -> CodesPage:
    """The page, with the stock as it is now."""
    stock = code_stock(session, product.product_id, today=today)
    return CodesPage(
        product_id=product.product_id,
        name=name_of(product, locale=locale),
        stock=stock,
        first_days=stock.by_expiry[:DAYS_SHOWN_MAX],
        later_codes=sum(day.codes for day in stock.by_expiry[DAYS_SHOWN_MAX:]),
        given=given,
        proof=proof,
        result=result,
        wrong=wrong,
    )


def result_of(done: Imported, *, tried: bool) -> Result:
    """An import in words; reasons with the most lines first."""
    by_reason = sorted(done.refused, key=lambda line: (line.problem, line.number))
    groups = [_refused(problem, list(lines)) for problem, lines in groupby(by_reason, key=lambda line: line.problem)]
    return Result(
        tried=tried,
        codes=done.codes,
        refused=tuple(sorted(groups, key=lambda group: -group.lines)),
        nothing_new=done.codes == 0 and {line.problem for line in done.refused} == {"doubled"},
    )


def spans_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Rising numbers as spans: 3, 4, 5, 9 are 3 to 5 and 9 to 9. Pure."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def _refused(problem: str, lines: Sequence[BadLine]) -> Refused:
    spans = spans_of(line.number for line in lines)
    shown = spans[:LINES_SHOWN_MAX]
    numbers = ", ".join(f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in shown)
    more = len(lines) - sum(last - first + 1 for first, last in shown)
    return Refused(said=problem_words(problem), lines=len(lines), numbers=numbers, more=more)


def problem_words(problem: str) -> str:
    """Why a line was refused."""
    return {
        "empty": gettext("No code in the line"),
        "too_long": gettext("Longer than 255 characters"),
        "control_character": gettext("Characters that no code has"),
        "too_many_columns": gettext("More than two columns: only a code and its last day, please"),
        "bad_date": gettext("The last day cannot be read; write it like 2027-01-31"),
        "lapsed": gettext("The last day has passed"),
        "doubled": gettext("Known already: twice in the lines, in the stock, or issued before"),
    }[problem]


def file_words(problem: str) -> str:
    """Why a file could not be read."""
    if problem == "workbook":
        return gettext("This is a whole workbook. In the spreadsheet choose “Save as… CSV (UTF-8)” and send that file.")
    return gettext("The file's letters cannot be read. Save it as “CSV (UTF-8)” and send it again.")


def day_words(day: Expiring, *, locale: str, today: date) -> str:
    """Up to when codes are good."""
    return words.day(day.expires_on, locale, today=today) if day.expires_on else gettext("no last day")
