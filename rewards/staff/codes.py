"""Codes into the stock, with a line in the audit that says how many, never which. The caller commits."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market.codes import CodeKeys, Imported, check_codes, import_codes
from market.products import find_product
from rewards.errors import UnreadableFile
from rewards.staff.products import note_product

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls begin."""


def take_in_codes(
    session: Session,
    product_id: UUID,
    *,
    lines: Sequence[str],
    keys: CodeKeys,
    actor: str,
    today: date,
    now: datetime,
    dry_run: bool = False,
) -> Imported:
    """Import codes from CSV lines, or (`dry_run`) only say what would become of each. Repeating it is safe.

    Raises UnknownProduct, StockNotCounted.
    """
    if dry_run:
        return check_codes(session, product_id, lines=lines, keys=keys, today=today)
    done = import_codes(session, product_id, lines=lines, keys=keys, today=today, now=now)
    product = find_product(session, product_id, today=today)
    note_product(session, product, action="codes.import", actor=actor, now=now, codes=done.codes)
    return done


def text_of_file(content: bytes) -> str:
    """The text of a CSV file as spreadsheets save it: UTF-8 or UTF-16 with a mark, UTF-8, or Korean Windows' CP949.

    Raises UnreadableFile.
    """
    if content.startswith(_WORKBOOKS):
        raise UnreadableFile("workbook")
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp949"):
        try:
            read = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-16 without its mark reads as letters with zeros between.
        if "\0" not in read:
            return read
    raise UnreadableFile("encoding")
