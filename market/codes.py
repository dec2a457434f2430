"""Codes: the redeemable secrets of the stock, encrypted at rest, shown only with a line in `code_reading`."""

import csv
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.errors import (
    BadCode,
    CodeDoubled,
    CodeUnreadable,
    ReasonNeeded,
    StockNotCounted,
    UnknownRedemption,
    WrongState,
)
from market.products import find_product

CODE_LENGTH_MAX = 255
HEADERS = ("code", "코드")
OWNER = "member"
OWNER_READS = "the member's own"

Problem = Literal["empty", "too_long", "control_character", "too_many_columns", "bad_date", "lapsed", "doubled"]


@dataclass(frozen=True, slots=True)
class CodeKeys:
    """What encrypts codes and what tells doubles apart. Shows neither."""

    fernet: MultiFernet = field(repr=False)
    digest_key: bytes = field(repr=False)


class BadLine(NamedTuple):
    """A line that was refused, by its number from 1 on. Never holds what the line said."""

    number: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Imported:
    """How many codes went into the stock, and the lines that did not."""

    codes: int
    refused: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code in the clear, for the eyes of whoever asked."""

    code: str = field(repr=False)
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    code: str = field(repr=False)
    expires_on: date | None


_INSERT = text(
    "insert into code (code_id, product_id, ciphertext, digest, expires_on, state, imported_at)"
    " select c.code_id, :product_id, c.ciphertext, c.digest, c.expires_on, 'available', :now"
    " from unnest(cast(:ids as uuid[]), cast(:ciphertexts as bytea[]), cast(:digests as bytea[]),"
    " cast(:expiries as date[])) as c(code_id, ciphertext, digest, expires_on)"
    " order by c.digest on conflict (digest) do nothing returning digest"
)
_KNOWN = text("select digest from code where digest = any(cast(:digests as bytea[]))")
_ISSUED = text(
    "select r.redemption_id, r.account_id, r.state, c.code_id, c.ciphertext, c.expires_on from redemption r"
    " left join code c on c.code_id = r.code_id where r.redemption_id = :redemption_id"
)
_READING = text(
    "with reading as (insert into code_reading (code_id, actor, recorded_at) values (:code_id, :actor, :now)"
    " returning reading_id)"
    " insert into code_reading_reason (reading_id, reason) select reading_id, :reason from reading"
)


def code_keys(keys: Sequence[str]) -> CodeKeys:
    """The keys as the settings list them: the first encrypts, all decrypt, the last (the oldest) tells doubles apart.

    So a new key goes in front, and the last one stays: with another one, codes from before would not be known again.
    """
    digest_key = hmac.digest(keys[-1].encode(), b"market.code.digest", "sha256")
    return CodeKeys(MultiFernet([Fernet(key) for key in keys]), digest_key)


def import_codes(
    session: Session, product_id: UUID, *, lines: Iterable[str], keys: CodeKeys, today: date, now: datetime
) -> Imported:
    """Take in CSV lines `code[,expires_on]`, a header `code,…` allowed: good ones go into the stock, others are named.

    A code that is twice in the lines, or known already, is `doubled`. Raises UnknownProduct, StockNotCounted.
    """
    _check_stock(session, product_id, today=today)
    unique, refused = _sorted_out(lines, keys=keys, today=today)
    stored = _store(session, product_id, lines=unique, keys=keys, now=now)
    return _result(unique, refused, taken=set(stored))


def check_codes(session: Session, product_id: UUID, *, lines: Iterable[str], keys: CodeKeys, today: date) -> Imported:
    """What `import_codes` would answer now; nothing is written or locked. Raises UnknownProduct, StockNotCounted."""
    _check_stock(session, product_id, today=today)
    unique, refused = _sorted_out(lines, keys=keys, today=today)
    known = {bytes(row.digest) for row in session.execute(_KNOWN, {"digests": list(unique)})}
    return _result(unique, refused, taken=unique.keys() - known)


def _check_stock(session: Session, product_id: UUID, *, today: date) -> None:
    product = find_product(session, product_id, today=today)
    if product.stock != "codes":
        raise StockNotCounted(product_id=product_id, stock=product.stock)


def _sorted_out(lines: Iterable[str], *, keys: CodeKeys, today: date) -> tuple[dict[bytes, _Line], list[BadLine]]:
    """Good lines by digest, and the lines that are bad in themselves."""
    read = list(read_lines(lines, today=today))
    unique, doubled = _unique([line for line in read if isinstance(line, _Line)], keys=keys)
    return unique, [line for line in read if isinstance(line, BadLine)] + doubled


def _result(unique: dict[bytes, _Line], refused: list[BadLine], *, taken: AbstractSet[bytes]) -> Imported:
    known = [BadLine(line.number, "doubled") for digest, line in unique.items() if digest not in taken]
    return Imported(len(taken), tuple(sorted(refused + known)))


def read_lines(lines: Iterable[str], *, today: date) -> Iterator[_Line | BadLine]:
    """Each line as a code or as what is wrong with it; blank lines count but are passed over. Pure."""
    for number, line in enumerate(lines, start=1):
        clean = line.removeprefix("\ufeff").strip()
        if clean and not (number == 1 and re.split("[,\t]", clean)[0].strip(' "').lower() in HEADERS):
            yield _read_line(clean, number=number, today=today)


def _read_line(line: str, *, number: int, today: date) -> _Line | BadLine:
    try:
        # No code holds a tab, but what is copied from a spreadsheet has one between its columns.
        columns = next(csv.reader([line], delimiter="\t" if "\t" in line else ","))
        code, *others = [value.strip() for value in columns]
        expires_on = date.fromisoformat(others[0]) if others and others[0] else None
    except csv.Error:
        return BadLine(number, "control_character")
    except ValueError:
        return BadLine(number, "bad_date")
    problem = problem_of(code)
    if len(others) > 1:
        problem = "too_many_columns"
    elif expires_on is not None and expires_on < today:
        problem = problem or "lapsed"
    return BadLine(number, problem) if problem else _Line(number, code, expires_on)


def problem_of(code: str) -> Problem | None:
    """Why this can be no code; none if it can."""
    if not code:
        return "empty"
    if len(code) > CODE_LENGTH_MAX:
        return "too_long"
    return None if code.isprintable() else "control_character"


def store_typed(session: Session, product_id: UUID, *, code: str, keys: CodeKeys, now: datetime) -> UUID:
    """Store a code that staff typed in, as `available`; the caller issues it. Raises BadCode, CodeDoubled."""
    clean = code.strip()
    if problem := problem_of(clean):
        raise BadCode(problem=problem)
    line = _Line(1, clean, None)
    stored = _store(session, product_id, lines={_digest(clean, keys=keys): line}, keys=keys, now=now)
    if not stored:
        raise CodeDoubled
    return next(iter(stored.values()))


def read_own_code(
    session: Session, redemption_id: UUID, *, account_id: UUID, keys: CodeKeys, now: datetime
) -> ReadCode:
    """Show the member the code that was issued to them.

    Raises UnknownRedemption (also when it is another member's), WrongState, CodeUnreadable.
    """
    issued = _issued(session, redemption_id)
    if issued.account_id != account_id:
        raise UnknownRedemption(redemption_id=redemption_id)
    return _read(session, issued, keys=keys, actor=OWNER, reason=OWNER_READS, now=now)


def read_code(
    session: Session, redemption_id: UUID, *, keys: CodeKeys, actor: str, reason: str, now: datetime
) -> ReadCode:
    """Show staff an issued code, for a reason that is kept.

    Raises ReasonNeeded, UnknownRedemption, WrongState, CodeUnreadable.
    """
    if not reason.strip():
        raise ReasonNeeded
    return _read(session, _issued(session, redemption_id), keys=keys, actor=actor, reason=reason.strip(), now=now)


def _issued(session: Session, redemption_id: UUID) -> Row[Any]:
    row = session.execute(_ISSUED, {"redemption_id": redemption_id}).one_or_none()
    if row is None:
        raise UnknownRedemption(redemption_id=redemption_id)
    return row


def _read(session: Session, issued: Row[Any], *, keys: CodeKeys, actor: str, reason: str, now: datetime) -> ReadCode:
    if issued.state != "fulfilled":
        raise WrongState(redemption_id=issued.redemption_id, have=issued.state, wanted=("fulfilled",))
    code = _decrypt(issued.ciphertext, code_id=issued.code_id, keys=keys)
    session.execute(_READING, {"code_id": issued.code_id, "actor": actor, "reason": reason, "now": now})
    return ReadCode(code, issued.expires_on)


def _decrypt(ciphertext: bytes, *, code_id: UUID, keys: CodeKeys) -> str:
    try:
        return keys.fernet.decrypt(bytes(ciphertext)).decode()
    except InvalidToken:
        raise CodeUnreadable(code_id=code_id) from None


def _unique(lines: Sequence[_Line], *, keys: CodeKeys) -> tuple[dict[bytes, _Line], list[BadLine]]:
    unique: dict[bytes, _Line] = {}
    firsts = [unique.setdefault(_digest(line.code, keys=keys), line) for line in lines]
    pairs = zip(lines, firsts, strict=True)
    return unique, [BadLine(line.number, "doubled") for line, first in pairs if first is not line]


def _store(
    session: Session, product_id: UUID, *, lines: dict[bytes, _Line], keys: CodeKeys, now: datetime
) -> dict[bytes, UUID]:
    """Insert what is not known yet, sorted by digest, so that two imports of the same codes never wait crosswise."""
    ids = {digest: uuid7() for digest in lines}
    parameters = {
        "product_id": product_id,
        "now": now,
        "ids": list(ids.values()),
        "ciphertexts": [_encrypt(line.code, keys=keys, now=now) for line in lines.values()],
        "digests": list(ids),
        "expiries": [line.expires_on for line in lines.values()],
    }
    return {bytes(row.digest): ids[bytes(row.digest)] for row in session.execute(_INSERT, parameters)}


def _encrypt(code: str, *, keys: CodeKeys, now: datetime) -> bytes:
    return keys.fernet.encrypt_at_time(code.encode(), int(now.timestamp()))


def _digest(code: str, *, keys: CodeKeys) -> bytes:
    return hmac.digest(keys.digest_key, code.encode(), "sha256")
