"""`rewards import`: what a forum that moves here brings along. docs/how-to/move-your-forum.md explains it."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from ledger.errors import DecidedMeanwhile
from rewards.attendance import bring_in as past
from rewards.attendance.attend import Arrival
from rewards.commands.bring_in_everything import everything
from rewards.commands.bring_in_lines import (
    BalanceLine,
    ColumnMissing,
    Item,
    Taken,
    parse_balance,
    parse_check_in,
    parse_member,
    read_lines,
)
from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.earning.opening import open_balances
from rewards.members.bring_in import bring_in_names
from rewards.policy.load import policy_in_force
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction

AT_ONCE = 250
ATTEMPTS = 5
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def bring_in() -> None:
    """Take what a forum that moves here brings along, from CSV files in UTF-8 with a header; or a whole export."""


bring_in.add_command(everything)


@bring_in.command()
@click.argument("file", type=FILE)
@click.option("--award", is_flag=True, help="Give points and bonuses for the days too: the old forum has not.")
@click.option("--dry-run", is_flag=True, help="Check the file only; store nothing.")
def attendance(file: Path, *, award: bool, dry_run: bool) -> None:
    """Take past check-ins: columns member_id, checked_in_at (with an offset), and greeting if you like.

    Days that a member has already are left as they are, so the same file twice does no harm. Import a day whole: places
    are given in the order of time to those who come in together. Exit codes: 0 done, 1 some lines were refused.
    """
    taken = _read(file, needed=("member_id", "checked_in_at"), parse=partial(parse_check_in, now=now_utc()))
    new = 0
    if not dry_run:
        with command_context("import") as context, _progress() as bar:
            task = bar.add_task("check-ins", total=len(taken.items))
            new = bring_in_check_ins(context, taken.items, award=award, tell=lambda done: bar.advance(task, done))
    known = len(taken.items) - new
    _report(taken, "Nothing is stored: a dry run." if dry_run else f"{new} check-ins are new, {known} were known.")


@bring_in.command()
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Check the file only; store nothing.")
def members(file: Path, *, dry_run: bool) -> None:
    """Take members with their nicknames: columns member_id and name. Twice does no harm; the last name stays.

    Exit codes: 0 done, 1 some lines were refused.
    """
    taken = _read(file, needed=("member_id", "name"), parse=parse_member)
    new = 0
    if not dry_run:
        with command_context("import") as context, _progress() as bar:
            names = {line.member_id: line.name for line in taken.items}
            task = bar.add_task("members", total=len(names))
            new = bring_in_members(context, names, tell=lambda done: bar.advance(task, done))
    _report(taken, "Nothing is stored: a dry run." if dry_run else f"{new} names are new.")


@bring_in.command()
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Check the file only; store nothing.")
def balances(file: Path, *, dry_run: bool) -> None:
    """Take the points that members bring along: columns member_id and points, and lapses_at where they lapse.

    Each member is granted an opening balance once, so the same file twice does no harm. Exit codes: 0 done, 1 some
    lines were refused.
    """
    taken = _read(file, needed=("member_id", "points"), parse=partial(parse_balance, now=now_utc()))
    _refuse_doubles(taken.items)
    new = 0
    if not dry_run:
        with command_context("import") as context, _progress() as bar:
            lines = {line.member_id: line for line in taken.items}
            task = bar.add_task("balances", total=len(lines))
            new = bring_in_balances(context, lines, tell=lambda done: bar.advance(task, done))
    known = len(taken.items) - new
    _report(
        taken, "Nothing is stored: a dry run." if dry_run else f"{new} balances are new, {known} were granted before."
    )


def bring_in_check_ins(
    context: Context, arrivals: Sequence[Arrival], *, award: bool, tell: Callable[[int], object] = lambda _: None
) -> int:
    """Write past check-ins in the order of their time, a few in each transaction; answers how many were new.

    Raises NoPolicy where none is in force.
    """
    new = 0
    ordered = sorted(arrivals, key=lambda arrival: (arrival.checked_in_at, arrival.member_id.encode()))
    for start in range(0, len(ordered), AT_ONCE):
        part = ordered[start : start + AT_ONCE]
        new += _bring_in_part(context, part, award=award)
        tell(len(part))
    return new


def _bring_in_part(context: Context, arrivals: Sequence[Arrival], *, award: bool) -> int:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _once(context, arrivals, award=award)
        except DecidedMeanwhile:
            # Somebody has just checked in by themselves: look again.
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def _once(context: Context, arrivals: Sequence[Arrival], *, award: bool) -> int:
    now = context.clock()
    with transaction(context.engine) as session:
        policy = policy_in_force(session, now=now)
        terms = policy.terms(calendar=context.calendar, grace_s=context.settings.season_grace_s)
        rules = policy.attendance
        return len(past.bring_in(session, arrivals, terms=terms, rules=rules, award=award, now=now))


def bring_in_members(
    context: Context, names: Mapping[str, str], *, tell: Callable[[int], object] = lambda _: None
) -> int:
    """Make members known by their nicknames, a few in each transaction; answers how many names are new."""
    return _a_few_at_once(bring_in_names, names, context=context, tell=tell)


def bring_in_balances(
    context: Context, lines: Mapping[str, BalanceLine], *, tell: Callable[[int], object] = lambda _: None
) -> int:
    """Grant opening balances, a few in each transaction; answers how many are new."""
    return _a_few_at_once(_open_balances, lines, context=context, tell=tell)


def _open_balances(session: Session, lines: Mapping[str, BalanceLine], *, now: datetime) -> int:
    points = {line.member_id: line.points for line in lines.values()}
    lapses = {line.member_id: line.lapses_at for line in lines.values() if line.lapses_at is not None}
    return open_balances(session, points, lapses=lapses, now=now)


def _a_few_at_once(
    write: Callable[..., int], by_member: Mapping[str, Any], *, context: Context, tell: Callable[[int], object]
) -> int:
    """Write in the order of the members' ids, which is the order of locks; answers how many were new."""
    new = 0
    ordered = sorted(by_member.items(), key=lambda item: item[0].encode())
    for start in range(0, len(ordered), AT_ONCE):
        part = dict(ordered[start : start + AT_ONCE])
        with transaction(context.engine) as session:
            new += write(session, part, now=context.clock())
        tell(len(part))
    return new


def _refuse_doubles(lines: Sequence[BalanceLine]) -> None:
    """Which of two balances of one member is right, nobody here can know."""
    doubled = [member_id for member_id, times in Counter(line.member_id for line in lines).items() if times > 1]
    if doubled:
        raise click.ClickException(f"Nothing is stored: {doubled[0]!r} has more than one balance in the file.")


def _read(file: Path, *, needed: Sequence[str], parse: Callable[[Mapping[str, str]], Item]) -> Taken[Item]:
    try:
        return read_lines(file, needed=needed, parse=parse)
    except ColumnMissing as error:
        raise click.UsageError(str(error)) from None


def _report(taken: Taken[Any], sentence: str) -> None:
    click.echo(f"{len(taken.items)} lines are good, {len(taken.bad)} were refused. {sentence}")
    for line in taken.bad:
        click.echo(f"  line {line.number}: {line.reason}", err=True)
    if taken.bad:
        sys.exit(1)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True
    )
