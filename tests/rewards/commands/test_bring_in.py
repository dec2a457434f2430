"""What a forum that moves here brings along: good lines are taken, bad ones named, and twice does no harm."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from ledger.tables import Base
from rewards.cli import cli
from rewards.commands.migrate import prepare
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings


@pytest.fixture(autouse=True)
def _prepared(settings: Settings, engine: Engine) -> None:
    with transaction(engine) as session:
        prepare(session, settings)


def bring_in(what: str, content: str | bytes, folder: Path, *options: str) -> Result:
    file = folder / "file.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(cli, ["import", what, str(file), *options])


def rows(engine: Engine, query: str) -> list[Any]:
    with transaction(engine) as session:
        return [tuple(row) for row in session.execute(text(query))]


def everything(engine: Engine) -> dict[str, list[Any]]:
    return {name: rows(engine, f"select cast(t as text) from {name} t order by 1") for name in Base.metadata.tables}


DAYS = (
    "member_id,checked_in_at,greeting\n"
    "minji,2025-12-30T08:15:00+09:00,좋은 아침\n"
    "minji,2025-12-31T08:15:00+09:00,\n"
    "junho,2025-12-31T07:00:00+09:00,안녕\n"
    "minji,2025-12-31T23:59:00+09:00,once more\n"
)
ATTENDED = (
    "select m.member_id, cast(a.day as text), a.place, a.streak, a.origin from attendance a join member m"
    " using (account_id) order by a.day, a.place"
)


def test_past_days_come_in_with_places_and_streaks_and_without_points(engine: Engine, tmp_path: Path) -> None:
    done = bring_in("attendance", DAYS, tmp_path)

    assert done.exit_code == 0, done.output
    assert "3 check-ins are new, 1 were known" in done.stdout
    assert rows(engine, ATTENDED) == [
        ("minji", "2025-12-30", 1, 1, "import"),
        ("junho", "2025-12-31", 1, 1, "import"),
        ("minji", "2025-12-31", 2, 2, "import"),
    ]
    assert rows(engine, "select count(*) from entry") == [(0,)]
    assert rows(engine, "select greeting from greeting order by 1") == [("안녕",), ("좋은 아침",)]


def test_with_award_the_days_are_paid_once(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        bring_in("attendance", DAYS, tmp_path, "--award")

    balances = "select m.member_id, a.balance from account a join member m using (account_id) order by 1"
    assert rows(engine, balances) == [("junho", 100), ("minji", 20 + 80 + 20 + 50)]


FILES: dict[str, tuple[str, list[str]]] = {
    "attendance": (
        "member_id,checked_in_at,greeting\nminji,2025-12-30T08:15:00+09:00,안녕\nminji,2025-12-30,\n,2025-12-30T08:15:00Z,\n",
        ["line 3: checked_in_at needs an offset", "line 4: member_id must have 1–64 characters"],
    ),
    "members": (
        "member_id,name\nminji,민지\njunho,\n" + "x" * 65 + ",sora\n",
        ["line 3: name is empty", "line 4: member_id must have 1–64 characters"],
    ),
    "balances": (
        "member_id,points\nminji,1200\njunho,-3\nsora,1.5\n",
        ["line 3: points must be a whole number", "line 4: points must be a whole number"],
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_dry_run_reports_every_bad_line_and_stores_nothing(what: str, engine: Engine, tmp_path: Path) -> None:
    content, reasons = FILES[what]
    before = everything(engine)

    tried = bring_in(what, content, tmp_path, "--dry-run")

    assert tried.exit_code == 1
    assert "1 lines are good, 2 were refused. Nothing is stored: a dry run." in tried.stdout
    for reason, said in zip(reasons, tried.stderr.splitlines(), strict=True):
        assert said.strip().startswith(reason)
    assert everything(engine) == before


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_taken_twice_leaves_every_row_as_it_was(what: str, engine: Engine, tmp_path: Path) -> None:
    first = bring_in(what, FILES[what][0], tmp_path)
    once = everything(engine)
    again = bring_in(what, FILES[what][0], tmp_path)

    assert first.exit_code == again.exit_code == 1
    assert "2 were refused. 1 " in first.stdout
    assert "2 were refused. 0 " in again.stdout
    assert everything(engine) == once


def test_every_bad_line_is_named_also_of_many(engine: Engine, tmp_path: Path) -> None:
    lines = "member_id,points\n" + "minji,none\n" * 60 + f"junho,{'9' * 200_000}\nsora,5\nlast,\n"

    done = bring_in("balances", lines, tmp_path)

    assert [line.partition(":")[0].strip() for line in done.stderr.splitlines()] == [
        f"line {number}" for number in (*range(2, 63), 64)
    ]
    assert "1 balances are new" in done.stdout


def test_bad_lines_are_named_and_good_ones_kept(engine: Engine, tmp_path: Path) -> None:
    lines = [
        b"member_id,checked_in_at,greeting",
        b",2025-12-31T08:15:00Z,",
        b"minji,yesterday,",
        b"minji,2025-12-31T08:15:00,",
        b"minji,2999-12-31T08:15:00Z,",
        b"minji,2025-12-31T08:15:00Z," + b"x" * 101,
        b"minji,2025-12-31T08:15:00Z,\xff",
        b"minji",
        b"junho,2025-12-31T08:15:00Z,",
    ]

    done = bring_in("attendance", b"\n".join(lines), tmp_path)

    assert done.exit_code == 1
    assert "1 lines are good, 7 were refused" in done.stdout
    named = [line.split(":")[0].strip() for line in done.stderr.splitlines()]
    assert named == [f"line {number}" for number in range(2, 9)]
    assert [row[0] for row in rows(engine, ATTENDED)] == ["junho"]


def test_a_file_without_the_columns_is_refused_whole(tmp_path: Path) -> None:
    refused = bring_in("attendance", "who,when\nminji,2025-12-31T08:15:00Z\n", tmp_path)

    assert refused.exit_code == 2
    assert "member_id" in refused.stderr


def test_members_come_with_their_names_and_the_last_name_stays(engine: Engine, tmp_path: Path) -> None:
    bring_in("members", "\ufeffmember_id,name\nminji,민지\njunho,준호\n", tmp_path)

    done = bring_in("members", 'member_id,name\nminji,"민지, 다시"\njunho,준호\nnobody,\n', tmp_path)

    assert "1 names are new" in done.stdout
    assert "line 4: name is empty" in done.stderr
    assert rows(engine, "select member_id, name from member order by 1") == [("junho", "준호"), ("minji", "민지, 다시")]


def test_balances_are_granted_once_and_count_on_no_leaderboard(engine: Engine, tmp_path: Path) -> None:
    lines = "member_id,points\nminji,1200\njunho,50\nbad,-3\nworse,1.5\n"

    first, done = (bring_in("balances", lines, tmp_path) for _ in range(2))

    assert first.exit_code == done.exit_code == 1
    assert "2 balances are new" in first.stdout
    assert "0 balances are new, 2 were granted before" in done.stdout
    granted = "select m.member_id, e.points, e.kind, e.contra from entry e join member m using (account_id) order by 1"
    assert rows(engine, granted) == [
        ("junho", 50, "grant", "opening-balance"),
        ("minji", 1200, "grant", "opening-balance"),
    ]
    assert rows(engine, "select count(*) from leaderboard_points") == [(0,)]


def test_two_balances_of_one_member_stop_the_import(engine: Engine, tmp_path: Path) -> None:
    refused = bring_in("balances", "member_id,points\nminji,1200\nminji,50\n", tmp_path)

    assert refused.exit_code == 1
    assert "more than one balance" in refused.stderr
    assert rows(engine, "select count(*) from entry") == [(0,)]
