"""`rewards demo`: half a year of a real community's messages, sent to the running service as a forum would."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rewards.access.keys import create_key, list_keys, revoke_key
from rewards.access.member_tokens import TokenTerms
from rewards.access.staff import create_staff
from rewards.commands.bring_in import bring_in_check_ins, bring_in_members
from rewards.commands.context import Context
from rewards.commands.session import command_context
from rewards.commands.settle import open_week, settle_patiently
from rewards.demo.calls import Calls, Refused, Unreachable
from rewards.demo.desk import ROLES, Desk, desk_at
from rewards.demo.history import Feed, Operator, feed_history, number_of_events
from rewards.demo.life import STEPS, Scene, busiest_of, run_life
from rewards.demo.messages import Message, first_meetings, moved, read_messages, shift_weeks_for, split_into_weeks
from rewards.demo.record import DemoRow, RunsAlready, alone, choose_shift, finish, is_in_use, read_demo, settled_weeks
from rewards.demo.shop import run_shop, steps_of_shop
from rewards.demo.signing_in import OnlyForumCanSign, sign_in_link, staff_password, token_of
from rewards.demo.today import check_in_today, visitors_of
from rewards.errors import NameTaken, NoPolicy, SeasonNotPast
from rewards.ranking.midnight import rank_at_midnight
from rewards.ranking.seasons import Bounds
from rewards.runtime.database import transaction

CONNECTIONS = 2
KEY_NAME = "demo"
KEY_SCOPES = ("events:write", "attendance:write", "rankings:read", "members:read", "members:write")
MEMBER = "member-1"
TOKEN_LASTS = timedelta(minutes=10)
URL_VARIABLE = "REWARDS_URL"


@click.group(invoke_without_command=True)
@click.option("--url", envvar=URL_VARIABLE, help="Where the service answers; PUBLIC_URL if not given.")
@click.pass_context
def demo(click_context: click.Context, *, url: str | None) -> None:
    """Send the demo to the running service. Stopped at any time it goes on when run again; done, it returns at once.

    Exit codes: 0 done, 1 not possible now (the sentence says why).
    """
    if click_context.invoked_subcommand is not None:
        return
    with command_context("demo", pool_size=4) as context:
        address = (url or context.settings.public_url).rstrip("/")
        try:
            run_demo(context, url=address, messages=read_messages())
        except (Refused, Unreachable, OnlyForumCanSign, RunsAlready) as error:
            _give_up(str(error))
        except TimeoutError as error:
            _give_up(f"Writers have been holding season {error}: run `rewards demo` again, it goes on.")
        except NoPolicy:
            _give_up("No policy has been applied yet: run `rewards migrate` first.")
        _say_where_to_look(context, url=address)


@demo.command("sign-in")
@click.argument("member")
@click.option("--page", default="/me", show_default=True, help="The page to go on to.")
@click.pass_context
def sign_in(click_context: click.Context, member: str, *, page: str) -> None:
    """Print an address that signs a browser in as MEMBER, once, within a minute."""
    given: str | None = click_context.parent.params["url"] if click_context.parent else None
    with command_context("demo") as context:
        address = (given or context.settings.public_url).rstrip("/")
        try:
            click.echo(_link(context, member, url=address, page=page))
        except OnlyForumCanSign as error:
            _give_up(str(error))


def run_demo(context: Context, *, url: str, messages: Sequence[Message]) -> None:
    """Feed history, market and today, or what is missing. Raises Refused, Unreachable, NoPolicy, RunsAlready."""
    row = begin(context, messages)
    if row.finished_at is not None:
        return
    with alone(context.engine):
        _run(context, url=url, messages=moved(messages, weeks=row.shift_weeks), began=row.chosen_at)
    with transaction(context.engine) as session:
        rank_at_midnight(session, calendar=context.calendar, now=context.clock())
        finish(session, now=context.clock())


def _run(context: Context, *, url: str, messages: Sequence[Message], began: datetime) -> None:
    total = number_of_events(messages, first=first_meetings(messages)) + steps_of_shop() + STEPS
    with connections(context, url=url) as calls, _telling(total) as tell:
        feed(context, calls=calls, messages=messages, tell=tell)
        hire_staff(context)
        with desk_at(url, password_of=lambda name: staff_password(context.settings.secret_key, name=name)) as desk:
            member = members_of(context, url=url)
            today = context.calendar.day_of(context.clock())
            check_in_today(calls[0], visitors_of(messages, calendar=context.calendar, today=today))
            scene = scene_of(context, messages, forum=calls[0], desk=desk, member=member, began=began)
            run_life(scene, tell=tell)
            # Last, so that whoever goes on with a demo finds the same members with the same points.
            run_shop(forum=calls[0], desk=desk, member=member, now=context.clock(), tell=tell)


def begin(context: Context, messages: Sequence[Message]) -> DemoRow:
    """The demo's row; chosen now, if it was not before. Ends the command where a forum uses the service already."""
    now = context.clock()
    with transaction(context.engine) as session:
        row = read_demo(session)
        if row is None and is_in_use(session):
            _give_up(
                "There are events of a forum in this database: the demo needs one of its own, and changed nothing."
            )
        return row or choose_shift(session, weeks=shift_weeks_for(messages, now=now), now=now)


def feed(
    context: Context, *, calls: Sequence[Calls], messages: Sequence[Message], tell: Callable[[int], object]
) -> None:
    """Send the messages, week after week."""
    first = first_meetings(messages)
    history = Feed(operator=operator_of(context), calls=calls, calendar=context.calendar, first=first, tell=tell)
    feed_history(history, split_into_weeks(messages, calendar=context.calendar))


def operator_of(context: Context) -> Operator:
    """What `rewards settle` and `rewards import` do, by the same functions."""

    def settled() -> frozenset[date]:
        with transaction(context.engine) as session:
            return settled_weeks(session)

    def open_past(bounds: Bounds) -> bool:
        try:
            open_week(context, bounds.season_id)
        except SeasonNotPast:
            return False
        return True

    return Operator(
        settled=settled,
        open_week=open_past,
        bring_in_members=lambda names: bring_in_members(context, names),
        bring_in_check_ins=lambda arrivals: bring_in_check_ins(context, arrivals, award=True),
        settle=lambda bounds: settle_patiently(context, bounds.season_id, final=False),
    )


def hire_staff(context: Context) -> None:
    """One of each role, where they are not there yet: no API makes a first account."""
    now = context.clock()
    for name, role in ROLES.items():
        password = staff_password(context.settings.secret_key, name=name)
        with suppress(NameTaken), transaction(context.engine) as session:
            create_staff(session, name=name, password=password, role=role, now=now)


def members_of(context: Context, *, url: str) -> Callable[[str], Calls]:
    """Who calls as a member, with the forum's token. Raises OnlyForumCanSign when asked."""

    def member(member_id: str) -> Calls:
        terms = token_terms(context)
        return Calls(url, token_of(member_id, terms=terms, now=context.clock(), lasts=TOKEN_LASTS))

    return member


def scene_of(
    context: Context,
    messages: Sequence[Message],
    *,
    forum: Calls,
    desk: Desk,
    member: Callable[[str], Calls],
    began: datetime,
) -> Scene:
    """Who acts on the day on which the demo was begun."""
    with transaction(context.engine) as session:
        settled = settled_weeks(session)
    return Scene(
        forum=forum,
        desk=desk,
        member=member,
        busiest=busiest_of(messages),
        midnight=context.calendar.day_start(context.calendar.day_of(began)),
        began=began,
        last_week=max(settled, default=None),
    )


@contextmanager
def connections(context: Context, *, url: str, number: int = CONNECTIONS) -> Iterator[list[Calls]]:
    """Connections with a key that the demo makes for itself and that ends with it."""
    now = context.clock()
    with transaction(context.engine) as session:
        left_behind = [key for key in list_keys(session) if key.name == KEY_NAME and key.revoked_at is None]
        for key in left_behind:
            revoke_key(session, key.key_id, now=now)
        key, secret = create_key(session, name=KEY_NAME, scopes=KEY_SCOPES, now=now)
    calls = [Calls(url, secret) for _ in range(number)]
    try:
        yield calls
    finally:
        for one in calls:
            one.close()
        with transaction(context.engine) as session:
            revoke_key(session, key.key_id, now=context.clock())


def token_terms(context: Context) -> TokenTerms:
    """How members' tokens are signed here."""
    settings = context.settings
    return TokenTerms(
        key=settings.member_jwt_key, algorithm=settings.member_jwt_algorithm, audience=settings.member_jwt_audience
    )


def _link(context: Context, member_id: str, *, url: str, page: str) -> str:
    return sign_in_link(member_id, url=url, terms=token_terms(context), now=context.clock(), wanted=page)


def _say_where_to_look(context: Context, *, url: str) -> None:
    with transaction(context.engine) as session:
        settled = len(settled_weeks(session))
    passwords = {name: staff_password(context.settings.secret_key, name=name) for name in ROLES}
    lines = [
        "",
        f"  The demo is in: half a year of messages, {settled} settled weeks and the present one.",
        f"  As a member    {_link(context, MEMBER, url=url, page='/me')}",
        f"                 good once, for a minute; .venv/bin/rewards demo sign-in {MEMBER} prints another,",
        "                 --page /market (or /attendance, /ranking) goes on to that page",
        f"  As staff       {url}/staff",
        *(f"                 {name}, {role}: password {passwords[name]}" for name, role in ROLES.items()),
        f"  Attendance     {url}/attendance",
        f"  Market         {url}/market",
        f"  For the forum  {url}/embed/ranking and {url}/embed/attendance",
    ]
    if URL_VARIABLE not in os.environ:  # else whoever started the demo says it
        lines += [
            f"  Ranking        {url}/ranking",
            f"  API docs       {url}/docs",
            "  An API key     .venv/bin/rewards api-key create --name try --scope rankings:read",
        ]
    click.echo("\n".join(lines))


@contextmanager
def _telling(total: int) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal, and elsewhere a line for every tenth."""
    console = Console()
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("half a year of messages", total=total)
            yield lambda done: bar.advance(task, done)
    else:
        yield _Tenths(total).tell


@dataclass(slots=True)
class _Tenths:
    total: int
    done: int = 0
    told: int = 0
    lock: Lock = field(default_factory=Lock)

    def tell(self, done: int) -> None:
        with self.lock:
            self.done += done
            tenths = 10 * self.done // self.total
            if tenths > self.told:
                self.told = tenths
                click.echo(f"demo: {10 * tenths} %")


def _give_up(why: str) -> None:
    click.echo(why, err=True)
    sys.exit(1)
