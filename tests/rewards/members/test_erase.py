import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.errors import UnknownThing
from rewards.members.erase import erase
from rewards.members.profile import read_profile, suspend, write_profile
from tests.support.clock import START

WORDS = "unmistakable words"


def test_nothing_that_names_or_quotes_the_member_is_left(session: Session) -> None:
    write_profile(session, "minji-id", changes={"name": WORDS, "avatar": f"/{WORDS}"}, now=START)
    account_id = read_profile(session, "minji-id").account_id
    suspend(session, "minji-id", suspended=True, reason=WORDS, now=START)
    for statement in (
        "insert into event_data values ('forum', '1', :account, jsonb_build_object('title', cast(:words as text)))",
        "insert into greeting values (:account, '2026-03-04', :words)",
        "insert into entry_note values (:account, 1, :words, 'staff:mina', 'salt')",
    ):
        session.execute(text(statement), {"account": account_id, "words": WORDS})

    erase(session, "minji-id", now=START)

    tables = session.execute(text("select table_name from information_schema.tables where table_schema = 'public'"))
    for (table,) in tables.all():
        rows = session.execute(text(f"select cast(t as text) from {table} t")).scalars().all()
        assert [row for row in rows if WORDS in row or "minji-id" in row] == [], table
    with pytest.raises(UnknownThing):
        erase(session, "minji-id", now=START)
