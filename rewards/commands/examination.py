"""What `rewards doctor` looks at: each look answers with findings, and never changes anything."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import redis
from alembic.config import Config
from alembic.script import ScriptDirectory
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ledger.lapses import stopped_run
from ledger.protection import excess_rights, unprotected
from ledger.tables import Base
from rewards.commands.context import Context
from rewards.ranking.keys import CURRENT, LIVE
from rewards.runtime.database import DatabaseMisconfigured, snapshot
from rewards.runtime.redis import connect_redis_for_projection
from rewards.runtime.schema import ROOT
from rewards.settlement import due_seasons

Level = Literal["ok", "warning", "error"]
OLD_TRANSACTION = timedelta(minutes=1)
OLD_REDEMPTION = timedelta(days=3)
SETTLED_WITHIN = timedelta(minutes=5)
WEAK_SECRETS = frozenset({"secret", "changeme", "change-me", "password", "example", "test"})


class Finding(NamedTuple):
    """One line: about what, how bad, what is so, and what to do about it."""

    about: str
    level: Level
    says: str
    todo: str = ""


class Patient(NamedTuple):
    """What the looks at the database look at, and when."""

    session: Session
    context: Context
    now: datetime


Look = Callable[[Patient], Iterator[Finding]]


def examine(context: Context) -> Iterator[Finding]:
    """Every finding: the database's first, since the rest says little without it."""
    try:
        with snapshot(context.engine) as session:
            session.execute(text("select 1"))
            yield Finding("database", "ok", "PostgreSQL answers.")
            for look in DATABASE_LOOKS:
                yield from look(Patient(session, context, context.clock()))
    except (SQLAlchemyError, DatabaseMisconfigured) as error:
        sentence = str(error).splitlines()[0]
        yield Finding("database", "error", f"PostgreSQL: {sentence}", "Start it, or mend DATABASE_URL.")
    yield from _redis(context)
    yield from _secrets(context)


def _schema(patient: Patient) -> Iterator[Finding]:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    present = patient.session.execute(text("select version_num from alembic_version")).scalar()
    if present == newest:
        yield Finding("schema", "ok", f"The schema is revision {present}, the newest.")
    else:
        yield Finding("schema", "error", f"The schema is {present}, the code wants {newest}.", "Run `rewards migrate`.")


def _protection(patient: Patient) -> Iterator[Finding]:
    connection = patient.session.connection()
    naked = unprotected(connection, Base.metadata)
    if naked:
        tables = ", ".join(naked)
        todo = "Somebody disabled a trigger: find out who, enable it (ENABLE ALWAYS), run `rewards verify`."
        yield Finding("protection", "error", f"No trigger refuses changes on: {tables}.", todo)
    else:
        yield Finding("protection", "ok", "Triggers refuse every change of entries, decisions and histories.")
    excess = excess_rights(connection, Base.metadata)
    if excess:
        says = f"The service's role could change {len(excess)} append-only tables but for the triggers."
        todo = (
            "Give the service a role of its own and set MIGRATION_DATABASE_URL; see docs/how-to/run-in-production.md."
        )
        yield Finding("protection", "warning", says, todo)
    else:
        yield Finding("protection", "ok", "The service's role holds no right to change them either.")


def _server(patient: Patient) -> Iterator[Finding]:
    row = patient.session.execute(
        text(
            "select current_setting('fsync') as fsync, current_setting('full_page_writes') as full_pages,"
            " (select rolsuper from pg_roles where rolname = current_user) as super"
        )
    ).one()
    if row.fsync == "on" and row.full_pages == "on":
        yield Finding("durability", "ok", "PostgreSQL writes to disk what it acknowledges.")
    else:
        todo = "Set fsync and full_page_writes to on: a power cut may cost the ledger now."
        yield Finding("durability", "error", f"fsync is {row.fsync}, full_page_writes {row.full_pages}.", todo)
    if row.super:
        todo = "Use a role that is no superuser; see docs/how-to/run-in-production.md."
        yield Finding("roles", "error", "The service signs in to PostgreSQL as a superuser.", todo)


def _horizon(patient: Patient) -> Iterator[Finding]:
    """Old open transactions. Where a start is hidden from us, what waits behind it in the outbox tells."""
    rows = patient.session.execute(
        text(
            "select l.pid, coalesce(a.application_name, '') as name, coalesce(a.xact_start, (select min(recorded_at)"
            " from outbox where xid8 > pg_snapshot_xmin(pg_current_snapshot()))) as since"
            " from pg_locks l left join pg_stat_activity a using (pid)"
            " where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.pid <> pg_backend_pid()"
            " order by age(l.transactionid) desc"
        )
    ).all()
    old = [row for row in rows if row.since is not None and patient.now - row.since >= OLD_TRANSACTION]
    if not old:
        yield Finding("horizon", "ok", "No transaction has been open for long.")
    for row in old:
        minutes = (patient.now - row.since) // timedelta(minutes=1)
        says = f"A transaction (process {row.pid} {row.name}) has been open for {minutes} minutes at least."
        yield Finding("horizon", "warning", says, f"End it if nobody needs it: select pg_terminate_backend({row.pid}).")


def _seasons(patient: Patient) -> Iterator[Finding]:
    due = due_seasons(patient.session, review=patient.context.settings.season_review, now=patient.now - SETTLED_WITHIN)
    if due:
        weeks = ", ".join(season.isoformat() for season in due)
        todo = "Is the scheduler running? `rewards settle` settles them now."
        yield Finding("seasons", "error", f"Not settled though over: {weeks}.", todo)
    else:
        yield Finding("seasons", "ok", "Every season that is over is settled.")


def _market(patient: Patient) -> Iterator[Finding]:
    row = patient.session.execute(
        text(
            "select count(*) as waiting, min(requested_at) as oldest from redemption"
            " where state in ('requested', 'awaiting_approval', 'claimed')"
        )
    ).one()
    if row.waiting and patient.now - row.oldest > OLD_REDEMPTION:
        days = (patient.now - row.oldest) // timedelta(days=1)
        says = f"{row.waiting} redemptions wait, the oldest for {days} days."
        yield Finding("market", "warning", says, "Staff should claim and fulfil, or reject with a reason.")
    else:
        yield Finding("market", "ok", f"{row.waiting} redemptions wait, none for long.")


def _lapses(patient: Patient) -> Iterator[Finding]:
    run = stopped_run(patient.session, now=patient.now)
    if run is not None:
        says = f"{run.points} of {run.of_points} points have lapsed: more than may be taken at once, so none were."
        todo = "Is the policy as meant? Then: rewards lapse --allow."
        yield Finding("lapses", "warning", says, todo)


def _people(patient: Patient) -> Iterator[Finding]:
    row = patient.session.execute(
        text(
            "select (select count(*) from policy where valid_from <= :now) as policies,"
            " (select count(*) from api_key"
            " where revoked_at is null and (expires_at is null or expires_at > :now)) as keys,"
            " (select count(*) from staff where disabled_at is null) as staff"
        ),
        {"now": patient.now},
    ).one()
    if not row.policies:
        yield Finding("policy", "error", "No policy is in force: no event can be decided.", "Run `rewards migrate`.")
    if not row.keys:
        todo = "Make one: rewards api-key create --name forum --scope events:write."
        yield Finding("access", "warning", "There is no valid API key: the forum can't send events.", todo)
    if not row.staff:
        todo = "Make one: rewards staff create --name NAME --role manager."
        yield Finding("access", "warning", "There is no staff: nobody can fulfil a redemption.", todo)
    if row.policies and row.keys and row.staff:
        yield Finding("access", "ok", f"Policy in force, {row.keys} API keys, {row.staff} staff.")


DATABASE_LOOKS: tuple[Look, ...] = (_schema, _protection, _server, _horizon, _seasons, _market, _lapses, _people)


def _redis(context: Context) -> Iterator[Finding]:
    client = connect_redis_for_projection(context.settings.redis_url)
    try:
        client.ping()
        live, current = client.get(LIVE), client.get(CURRENT)
        workers = Worker.all(connection=client)
    except redis.RedisError as error:
        says = f"Redis can't be reached ({error}). Readings come from PostgreSQL meanwhile; nothing is lost."
        yield Finding("redis", "warning", says, "Start it, or mend REDIS_URL; the ranking heals itself.")
        return
    yield Finding("redis", "ok", "Redis answers.")
    if live is not None and live == current:
        yield Finding("ranking", "ok", "The scheduler runs, and the ranking in Redis is level with PostgreSQL.")
    else:
        says = "Nobody vouches for the ranking in Redis: readings come from PostgreSQL."
        yield Finding(
            "ranking", "warning", says, "Is `rewards scheduler` running? It needs a few seconds after a start."
        )
    if workers:
        yield Finding("workers", "ok", f"{len(workers)} workers take jobs.")
    else:
        says = "No worker takes jobs; the scheduler does them itself only while Redis is away."
        yield Finding("workers", "warning", says, "Start `rewards worker`.")


def _secrets(context: Context) -> Iterator[Finding]:
    settings = context.settings
    secrets = {"SECRET_KEY": settings.secret_key, "MEMBER_JWT_KEY": settings.member_jwt_key}
    weak = [name for name, value in secrets.items() if looks_weak(value)]
    if weak:
        names = " and ".join(weak)
        todo = 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        yield Finding("secrets", "error", f"{names} can be guessed.", todo)
    else:
        yield Finding("secrets", "ok", "Secrets are long and look random.")


def looks_weak(secret: str) -> bool:
    """Whether somebody would try it: few different characters, or a word from an example."""
    return len(set(secret)) < 10 or any(word in secret.lower() for word in WEAK_SECRETS)
