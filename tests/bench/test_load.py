"""What the measurements are made on: a long history that keeps the service's own promises."""

from datetime import timedelta

from sqlalchemy import Engine, text

from bench.community import CALENDAR
from bench.history import Size
from bench.load import load
from ledger.signing import keyring_of
from rewards.runtime.database import snapshot
from rewards.verify import findings
from tests.support.clock import START
from tests.support.database import Database
from tests.support.servers import Servers

SIZE = Size(entries=2000, members=250, until=START, span=timedelta(weeks=3))


def test_a_loaded_database_is_clean_under_verify(servers: Servers, database: Database, engine: Engine) -> None:
    keyring = keyring_of([servers.secrets.signing_key])

    load(database.service_url, SIZE, admin_url=database.admin_url, keyring=keyring, workers=1)

    with snapshot(engine) as session:
        found = list(findings(session, calendar=CALENDAR, now=SIZE.until + timedelta(hours=1), keyring=keyring))
        entries, members = session.execute(
            text("select (select count(*) from entry), (select count(*) from member)")
        ).one()
    assert found == []
    assert entries >= 0.9 * SIZE.entries
    assert members == SIZE.members
