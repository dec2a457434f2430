"""Codes from CSV: tried, then taken in exactly so; bad lines by their numbers; no code is ever said again."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from rewards.pages.staff.codes.view import spans_of
from rewards.runtime.database import transaction
from tests.pages.staff.products.shelf import Keeper, keeper, made, text_of, upload
from tests.support.http import Forum

GOOD = "code,expires_on\nGIFT-1,2027-01-31\nGIFT-2,2026-12-31\nGIFT-3\n"
BAD = GOOD + "GIFT-1\n,\nGIFT-4,soon\nGIFT-5,2026-01-01\nGIFT-6,,\n" + "x" * 256 + "\nGIFT-7\x01\n"


@pytest.fixture
def mina(forum: Forum) -> Keeper:
    return keeper(forum, name="mina")


@pytest.fixture
def one(mina: Keeper) -> str:
    """The address of a product's codes."""
    return f"{made(mina)}/codes"


def tried(page: str) -> str:
    found = re.search(r'name="tried" value="(\w+)"', page)
    return found[1] if found else ""


def send(mina: Keeper, one: str, lines: str, **fields: Any) -> TestResponse:
    return mina.send(one, {"lines": lines, "step": "try", **fields})


def codes_in(engine: Engine) -> int:
    with transaction(engine) as session:
        return session.execute(text("select count(*) from code")).scalar_one()


def refused_on(page: str) -> dict[str, str]:
    """What was refused, with the numbers of its lines."""
    return dict(re.findall(r'<li><b>(.*?)</b> <span class="lines">(.*?)</span>', page))


def test_lines_are_tried_first_and_taken_in_when_that_is_confirmed(mina: Keeper, one: str, engine: Engine) -> None:
    trial = text_of(send(mina, one, GOOD))
    after_trial = codes_in(engine)

    done = send(mina, one, GOOD, step="import", tried=tried(trial))

    assert "3 codes can be taken in" in trial
    assert "Every line is good." in trial
    assert after_trial == 0
    assert (done.status_code, done.headers["Location"]) == (303, one)
    page = mina.page(one)
    assert "3 codes are in the stock now." in page
    assert "GIFT" not in page.replace("GIFT-1234", "")
    assert "31 January 2027" in page
    assert "no last day" in page
    assert codes_in(engine) == 3


def test_bad_lines_are_named_by_number_with_their_reason_and_the_good_ones_are_kept(
    mina: Keeper, one: str, engine: Engine
) -> None:
    trial = text_of(send(mina, one, BAD))
    done = text_of(send(mina, one, BAD, step="import", tried=tried(trial)))

    for page in (trial, done):
        assert refused_on(page) == {
            "Known already: twice in the lines, in the stock, or issued before": "line 5",
            "No code in the line": "line 6",
            "The last day cannot be read; write it like 2027-01-31": "line 7",
            "The last day has passed": "line 8",
            "More than two columns: only a code and its last day, please": "line 9",
            "Longer than 255 characters": "line 10",
            "Characters that no code has": "line 11",
        }
    assert "3 codes are in the stock now" in done
    assert "GIFT" not in done.replace("GIFT-1234", "")
    assert codes_in(engine) == 3


@pytest.mark.parametrize(
    "confirmed",
    [
        lambda proof: {"lines": GOOD + "GIFT-9\n", "tried": proof},
        lambda proof: {"lines": GOOD, "tried": proof[::-1]},
        lambda _: {"lines": GOOD, "tried": ""},
        lambda _: {"lines": GOOD},
    ],
    ids=["other lines", "another proof", "no proof", "nothing"],
)
def test_only_what_was_tried_is_taken_in(mina: Keeper, one: str, engine: Engine, confirmed: Any) -> None:
    proof = tried(text_of(send(mina, one, GOOD)))

    answer = mina.send(one, {"step": "import", **confirmed(proof)})

    assert "Nothing was taken in" in text_of(answer)
    assert tried(text_of(answer))
    assert codes_in(engine) == 0


def test_what_was_tried_for_one_product_is_not_taken_in_for_another(mina: Keeper, one: str, engine: Engine) -> None:
    other = f"{made(mina, key='other')}/codes"
    proof = tried(text_of(send(mina, one, GOOD)))

    assert "Nothing was taken in" in text_of(send(mina, other, GOOD, step="import", tried=proof))
    assert codes_in(engine) == 0


def test_a_double_click_takes_each_code_in_once_and_says_so(mina: Keeper, one: str, engine: Engine) -> None:
    proof = tried(text_of(send(mina, one, GOOD)))

    send(mina, one, GOOD, step="import", tried=proof)
    again = text_of(send(mina, one, GOOD, step="import", tried=proof))

    assert "nothing was taken in twice" in again
    assert codes_in(engine) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_a_file_is_read_as_spreadsheets_save_it(mina: Keeper, one: str, engine: Engine, encoding: str) -> None:
    content = "코드,유효 기간\r\nGIFT-1,2027-01-31\r\nGIFT-2,\r\n".encode(encoding)

    trial = text_of(mina.send(one, {"step": "try", "lines": "", "file": upload(content, "codes.csv")}))
    lines = re.search(r"<textarea [^>]*>\n(.*?)</textarea>", trial, re.DOTALL)
    assert lines
    mina.send(one, {"step": "import", "lines": lines[1], "tried": tried(trial)})

    assert "2 codes can be taken in" in trial
    assert codes_in(engine) == 2


@pytest.mark.parametrize(
    "content,said",
    [
        (b"PK\x03\x04 a workbook", "whole workbook"),
        (b"\xff\xff\xff", "letters cannot be read"),
        (b"", "Paste lines or choose a file."),
        (b"A-1\n" * 50_001, "At most 50,000 lines"),
    ],
    ids=["workbook", "letters", "empty", "long"],
)
def test_a_file_that_cannot_be_read_says_what_to_do(mina: Keeper, one: str, content: bytes, said: str) -> None:
    refused = mina.send(one, {"step": "try", "file": upload(content, "codes.csv")})

    assert refused.status_code == 422
    assert said in text_of(refused)


def test_ten_thousand_lines_are_pasted_tried_and_taken_in(mina: Keeper, one: str, engine: Engine) -> None:
    lines = "\r\n".join(f"GIFT-{number:06}-ABCDEFGHIJKL,2027-01-31" for number in range(10_000))

    proof = tried(text_of(send(mina, one, lines)))
    done = send(mina, one, lines, step="import", tried=proof)
    again = text_of(send(mina, one, lines))

    assert done.status_code == 303
    assert codes_in(engine) == 10_000
    assert list(refused_on(again).values()) == ["lines 1–10,000"]


def test_no_code_comes_into_logs_audit_or_cookies(
    mina: Keeper, one: str, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tried(text_of(send(mina, one, BAD)))
    done = send(mina, one, BAD, step="import", tried=proof)
    broken = mina.send(one, {"step": "try", "file": upload(b"GIFT-1\xff\xff", "codes.csv")})

    with transaction(engine) as session:
        audit = session.execute(text("select action, detail from audit where action like 'codes.%'")).all()
    assert [tuple(line) for line in audit] == [
        ("codes.import", {"key": "coffee-5000", "version": 1, "codes": 3}),
    ]
    written = capsys.readouterr()
    cookies = [answer.headers.getlist("Set-Cookie") for answer in (done, broken)]
    assert "GIFT" not in f"{written.out}{written.err}{audit}{cookies}"


def test_a_product_without_codes_has_no_such_page(mina: Keeper) -> None:
    other = made(mina, key="endless", stock="unlimited")

    assert mina.get(f"{other}/codes").status_code == 404
    assert "/codes" not in mina.page(other)


@given(st.sets(st.integers(1, 400)))
def test_spans_name_each_line_once(numbers: set[int]) -> None:
    spans = spans_of(sorted(numbers))

    assert [number for first, last in spans for number in range(first, last + 1)] == sorted(numbers)
    assert all(last + 1 < following for (_, last), (following, _) in pairwise(spans))
