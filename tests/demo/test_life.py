"""What the demo lets happen beside the history: it is there for the pages, and twice is once."""

from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, text

from rewards.cli import cli
from rewards.commands.demo import run_demo
from rewards.demo.desk import ROLES
from rewards.demo.life import BOT, SUSPENDED
from rewards.demo.messages import Message, read_messages
from rewards.demo.offers import OFFERS
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.demo import Stage
from tests.support.http import Forum


def original(messages: list[Message]) -> list[Message]:
    """The same messages at their own time, as the demo reads them."""
    numbers = {message.number for message in messages}
    return [message for message in read_messages() if message.number in numbers]


def rows(stage: Stage, query: str) -> list[tuple[object, ...]]:
    with transaction(stage.context.engine) as session:
        return [tuple(row) for row in session.execute(text(query))]


def counted(stage: Stage) -> dict[str, object]:
    """How much there is of everything that the demo makes."""
    tables = ("event", "entry", "redemption", "redemption_history", "code", "picture", "attendance", "hold")
    counts = {table: rows(stage, f"select count(*) from {table}")[0][0] for table in tables}
    return counts | {"audit": rows(stage, "select count(*) from audit where action <> 'staff.sign-in'")[0][0]}


def test_every_page_has_something_to_show(stage: Stage, some_messages: list[Message]) -> None:
    run_demo(stage.context, url=stage.url, messages=original(some_messages))

    assert rows(stage, "select name, role from staff order by name") == sorted(ROLES.items())
    assert rows(stage, "select count(*) from product where picture like '/pictures/%'") == [(len(OFFERS),)]
    assert rows(stage, "select count(distinct expires_on) > 3, bool_and(expires_on > current_date) from code")[0][0]
    off = rows(stage, "select member_id, hidden, suspended_at is not null from member where hidden or opted_out")
    assert (BOT, True, False) in off
    assert len(off) == 2
    assert rows(stage, "select member_id from member where suspended_at is not null") == [(SUSPENDED,)]
    assert rows(stage, "select count(*) from entry where kind = 'adjustment'") == [(2,)]
    late = "select count(*) from entry r join entry a on a.account_id = r.account_id and a.seq = r.award_seq"
    assert rows(stage, f"{late} where r.kind = 'reversal' and r.season is null and a.season is not null") == [(1,)]
    assert {action for (action,) in rows(stage, "select distinct action from audit")} >= {
        "product.create",
        "codes.import",
        "member.hide",
        "member.suspend",
        "points.adjust",
        "points.reverse",
    }


def test_another_run_that_does_not_know_of_the_first_changes_nothing(
    stage: Stage, some_messages: list[Message], clock: SettableClock
) -> None:
    messages = original(some_messages)
    run_demo(stage.context, url=stage.url, messages=messages)
    before = counted(stage)
    with transaction(stage.context.engine) as session:
        session.execute(text("update demo set finished_at = null"))
    clock.advance(hours=2)

    run_demo(stage.context, url=stage.url, messages=messages)

    assert counted(stage) == before


def test_a_link_goes_on_to_the_page_that_is_asked_for(
    app: Flask, settings: Settings, engine: Engine, clock: SettableClock
) -> None:
    clock.set(now_utc())
    Forum(app, settings, engine, clock).prepare()
    asked = ["demo", "--url", "http://here.example", "sign-in", "member-1", "--page", "/market"]

    printed = CliRunner().invoke(cli, asked)

    address = printed.stdout.strip().removeprefix("http://here.example")
    assert app.test_client().get(address).headers["Location"] == "/market"
