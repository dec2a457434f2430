"""`rewards demo`: half a year of a real community's messages, sent to the running service as a forum would."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rewards.access.keys import create_key, list_keys, revoke_key
from rewards.access.member_tokens import TokenTerms
from rewards.access.staff import create_staff
from rewards.commands.bring_in import bring_in_check_ins, bring_in_members
from rewards.commands.context import Context, make_context
from rewards.commands.settle import open_week, settle_patiently
from rewards.demo.calls import Calls, Refused, Unreachable
from rewards.demo.history import Feed, Operator, feed_history, number_of_events
from rewards.demo.messages import Message, first_meetings, moved, read_messages, shift_weeks_for, split_into_weeks
from rewards.demo.record import DemoRow, choose_shift, finish, is_in_use, read_demo, settled_weeks
from rewards.demo.shop import run_shop
from rewards.demo.signing_in import OnlyForumCanSign, sign_in_link, staff_password, token_of
from rewards.demo.today import check_in_today, visitors_of
from rewards.errors import NameTaken, NoPolicy, SeasonNotPast
from rewards.ranking.midnight import rank_at_midnight
from rewards.ranking.seasons import Bounds
from rewards.runtime.database import transaction

CONNECTIONS = 2
KEY_NAME = "demo"
KEY_SCOPES = ("events:write", "attendance:write", "rankings:read")
STAFF_NAME = "mina"
MEMBER = "member-1"


@click.group(invoke_without_command=True)
@click.option("--url", envvar="REWARDS_URL", help="Where the service answers; PUBLIC_URL if not given.")
@click.pass_context
def demo(click_context: click.Context, *, url: str | None) -> None:
    """Send the demo to the running service. Stopped at any time it goes on when run again; done, it returns at once.

    Exit codes: 0 done, 1 not possible now (the sentence says why).
    """
    if click_context.invoked_subcommand is not None:
        return
    context = make_context(application_name="rewards demo", pool_size=4)
    address = (url or context.settings.public_url).rstrip("/")
    try:
        run_demo(context, url=address, messages=read_messages())
    except (Refused, Unreachable, OnlyForumCanSign, TimeoutError) as error:
        _give_up(str(error) or "A season is held by somebody else; run `rewards demo` again.")
    except NoPolicy:
        _give_up("No policy has been applied yet: run `rewards migrate` first.")
    _say_where_to_look(context, url=address)


@demo.command("sign-in")
@click.argument("member")
@click.option("--url", envvar="REWARDS_URL", help="Where the service answers; PUBLIC_URL if not given.")
def sign_in(member: str, *, url: str | None) -> None:
    """Print an address that signs a browser in as MEMBER, once, within a minute."""
    context = make_context(application_name="rewards demo", pool_size=1)
    try:
        address = url or context.settings.public_url
        click.echo(sign_in_link(member, url=address, terms=token_terms(context), now=context.clock()))
    except OnlyForumCanSign as error:
        _give_up(str(error))


def run_demo(context: Context, *, url: str, messages: Sequence[Message]) -> None:
    """Feed history, market and today, or what is missing of them. Raises Refused, Unreachable, NoPolicy."""
    row = begin(context, messages)
    if row.finished_at is not None:
        return
    here = moved(messages, weeks=row.shift_weeks)
    with connections(context, url=url) as calls, _progress() as bar:
        feed(context, calls=calls, messages=here, bar=bar)
        shop(context, forum=calls[0], bar=bar)
        check_in_today(calls[0], visitors_of(here))
    with transaction(context.engine) as session:
        rank_at_midnight(session, calendar=context.calendar, now=context.clock())
        finish(session, now=context.clock())


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


def feed(context: Context, *, calls: Sequence[Calls], messages: Sequence[Message], bar: Progress) -> None:
    """Send the messages, week after week."""
    first = first_meetings(messages)
    task = bar.add_task("half a year of messages", total=number_of_events(messages, first=first))
    history = Feed(
        operator=operator_of(context),
        calls=calls,
        calendar=context.calendar,
        first=first,
        tell=lambda done: bar.advance(task, done),
    )
    feed_history(history, split_into_weeks(messages, calendar=context.calendar))


def operator_of(context: Context) -> Operator:
    """What `rewards settle` and `rewards import` do, by the same functions."""

    def settled() -> frozenset[object]:
        with transaction(context.engine) as session:
            return settled_weeks(session)

    def open_past(bounds: Bounds) -> bool:
        try:
            open_week(context, bounds.season_id)
        except SeasonNotPast:
            return False
        return True

    return Operator(
        settled=settled,  # pyright: ignore[reportArgumentType]
        open_week=open_past,
        bring_in_members=lambda names: bring_in_members(context, names),
        bring_in_check_ins=lambda arrivals: bring_in_check_ins(context, arrivals, award=True),
        settle=lambda bounds: settle_patiently(context, bounds.season_id, final=False),
    )


def shop(context: Context, *, forum: Calls, bar: Progress) -> None:
    """Let staff and members do their part, each signed in as themselves."""
    now = context.clock()
    password = staff_password(context.settings.secret_key)
    try:
        with transaction(context.engine) as session:
            create_staff(session, name=STAFF_NAME, password=password, role="manager", now=now)
    except NameTaken:
        pass
    task = bar.add_task("gift cards", total=None)
    url = forum.url
    staff = Calls(url)
    staff.token = staff.post("/v1/staff/sessions", {"name": STAFF_NAME, "password": password})["token"]
    lasts = timedelta(minutes=10)
    member = lambda member_id: Calls(url, token_of(member_id, terms=token_terms(context), now=now, lasts=lasts))  # noqa: E731
    run_shop(forum=forum, staff=staff, member=member, tell=lambda done: bar.advance(task, done))
    staff.close()


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


def _say_where_to_look(context: Context, *, url: str) -> None:
    password = staff_password(context.settings.secret_key)
    lines = (
        "",
        "  The demo is in: half a year of messages, 28 settled weeks and the present one.",
        f"  Ranking        {url}/ranking",
        f"  Staff          name {STAFF_NAME}, password {password} (POST {url}/v1/staff/sessions)",
        f"  As a member    rewards demo sign-in {MEMBER}   prints an address that signs you in",
    )
    click.echo("\n".join(lines))


def _progress() -> Progress:
    console = Console(stderr=False)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _give_up(why: str) -> None:
    click.echo(why, err=True)
    sys.exit(1)
