"""`rewards migrate`: bring schema, rights, policy and prize products up to date; harmless twice."""

import click
from sqlalchemy.orm import Session

from ledger.outbox import open_generation
from market.products import ensure_prize_products
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.policy.load import apply_policy
from rewards.runtime.clock import now_utc
from rewards.runtime.database import create_engine_from, transaction
from rewards.runtime.schema import role_of, upgrade_schema
from rewards.runtime.settings import Settings, load_settings


@click.command()
def migrate() -> None:
    """Bring the database up to date: schema, rights, policy, prize products."""
    settings = load_settings()
    upgrade_schema(
        settings.migration_database_url or settings.database_url, service_role=role_of(settings.database_url)
    )
    engine = create_engine_from(settings.database_url, pool_size=1, application_name="rewards migrate")
    with transaction(engine) as session:
        version = prepare(session, settings)
    click.echo(
        "The database is up to date."
        if version is None
        else f"The database is up to date; policy version {version} is in force now."
    )


def prepare(session: Session, settings: Settings) -> int | None:
    """What the service needs in its tables before it starts. Answers the policy's number if a new one was applied."""
    now = now_utc()
    open_generation(session)
    ensure_prize_products(session, now=now)
    return apply_policy(session, read_document(settings.policy_file or DEFAULT_POLICY), by="system", now=now)
