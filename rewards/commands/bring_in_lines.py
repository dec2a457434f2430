"""Lines of the files that a forum brings along: each is taken, or refused by its number and a reason."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from rewards.access.member_tokens import is_member_id
from rewards.attendance.attend import Arrival

GREETING_LENGTH_MAX = 100
NAME_LENGTH_MAX = 80
POINTS_MAX = 1_000_000_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not taken; the header is line 1."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Taken(Generic[Item]):
    """The good lines as values, in the order of the file, and the bad ones."""

    items: Sequence[Item]
    bad: Sequence[BadLine]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member's nickname."""

    member_id: str
    name: str


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """The points that a member brings along, above 0, and when they lapse; none for never."""

    member_id: str
    points: int
    lapses_at: datetime | None = None


class ColumnMissing(Exception):
    """The header lacks a column that is needed."""

    def __init__(self, *, column: str, found: Sequence[str]) -> None:
        super().__init__(f"The first line must name the column {column!r}; it names {', '.join(found) or 'nothing'}.")


def read_lines(path: Path, *, needed: Sequence[str], parse: Callable[[Mapping[str, str]], Item]) -> Taken[Item]:
    """Read a CSV with a header, UTF-8. `parse` raises ValueError with the reason why a line is refused."""
    items: list[Item] = []
    bad: list[BadLine] = []
    # Bytes that are no UTF-8 become surrogates, which are then refused by their line.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.DictReader(file, restval="")
        for column in needed:
            if column not in (reader.fieldnames or ()):
                raise ColumnMissing(column=column, found=reader.fieldnames or ())
        while True:
            try:
                items.append(parse(_texts(next(reader))))
            except StopIteration:
                return Taken(items, bad)
            except (csv.Error, ValueError) as error:
                # The inner reader's number: the outer one has none of a line that could not be read.
                bad.append(BadLine(reader.reader.line_num, str(error)))


def _texts(line: Mapping[str | None, object]) -> Mapping[str, str]:
    """Without what a line has more than the header names."""
    return {name: value for name, value in line.items() if isinstance(name, str) and isinstance(value, str)}


def parse_check_in(line: Mapping[str, str], *, now: datetime) -> Arrival:
    """A past check-in. Raises ValueError."""
    return Arrival(
        member_id=_member_id(line["member_id"]),
        checked_in_at=_past(line["checked_in_at"], now=now),
        greeting=_text(line.get("greeting", ""), name="greeting", length_max=GREETING_LENGTH_MAX) or None,
    )


def parse_member(line: Mapping[str, str]) -> MemberLine:
    """A member with a nickname. Raises ValueError."""
    name = _text(line["name"], name="name", length_max=NAME_LENGTH_MAX)
    if not name:
        raise ValueError("name is empty")
    return MemberLine(_member_id(line["member_id"]), name)


def parse_balance(line: Mapping[str, str], *, now: datetime) -> BalanceLine:
    """A member's opening balance. Raises ValueError."""
    points = line["points"].strip()
    if not (points.isascii() and points.isdigit() and 0 < int(points[:12]) <= POINTS_MAX):
        raise ValueError(f"points must be a whole number from 1 to {POINTS_MAX}, but is {points!r}")
    lapses_at = _instant(line["lapses_at"], name="lapses_at") if line.get("lapses_at") else None
    if lapses_at is not None and lapses_at <= now:
        raise ValueError(f"lapses_at lies in the past: {line['lapses_at']!r}")
    return BalanceLine(_member_id(line["member_id"]), int(points), lapses_at)


def _member_id(value: str) -> str:
    if not is_member_id(value):
        raise ValueError("member_id must have 1–64 characters, none of them a control character")
    return value


def _instant(value: str, *, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{name} must be like 2025-12-31T08:15:00+09:00, but is {value!r}") from None
    if at.tzinfo is None:
        raise ValueError(f"{name} needs an offset, like +09:00 or Z: {value!r} could be any hour")
    return at


def _past(value: str, *, now: datetime) -> datetime:
    at = _instant(value, name="checked_in_at")
    if at > now:
        raise ValueError(f"checked_in_at lies in the future: {value!r}")
    return at


def _text(value: str, *, name: str, length_max: int) -> str:
    if len(value) > length_max:
        raise ValueError(f"{name} is longer than {length_max} characters")
    if any(not character.isprintable() for character in value if character != "\u200d"):
        raise ValueError(f"{name} holds characters that cannot be shown")
    return value.strip()
