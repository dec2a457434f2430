"""Files of codes as spreadsheets save them: read, or refused with a reason."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.errors import UnreadableFile
from rewards.staff.codes import text_of_file

LINES = "코드,유효 기간\r\nGIFT-1,2027-01-31\r\nGIFT-2\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_a_file_is_read_in_every_encoding_that_spreadsheets_use(encoding: str) -> None:
    assert text_of_file(LINES.encode(encoding)) == LINES


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=40))
def test_whatever_utf_8_or_a_mark_says_comes_back(said: str) -> None:
    assert text_of_file(codecs.BOM_UTF8 + said.encode()) == said
    assert text_of_file(codecs.BOM_UTF16_LE + said.encode("utf-16-le")) == said
    assert text_of_file(codecs.BOM_UTF16_BE + said.encode("utf-16-be")) == said
    if not said.startswith("PK\x03\x04"):
        assert text_of_file(said.encode()) == said


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        read = text_of_file(content)
    except UnreadableFile as unreadable:
        assert unreadable.problem in ("workbook", "encoding")  # noqa: PT017 -- both ways are right
    else:
        assert "\0" not in read


@pytest.mark.parametrize(
    "content,problem",
    [
        (b"PK\x03\x04 and a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and an old one", "workbook"),
        (LINES.encode("utf-16-le"), "encoding"),
        (b"GIFT-1\xff\xff\n", "encoding"),
        (codecs.BOM_UTF8 + b"\xff", "encoding"),
        (codecs.BOM_UTF16_LE + b"G", "encoding"),
    ],
    ids=["xlsx", "xls", "UTF-16 without its mark", "no letters", "not what its mark says", "half a letter"],
)
def test_what_is_no_text_is_refused_with_its_reason(content: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        text_of_file(content)

    assert refused.value.problem == problem
