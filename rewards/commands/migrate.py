"""`rewards migrate`: bring schema, rights, policy and prize products up to date; harmless twice."""

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from ledger.outbox import open_generation
from market.products import ensure_prize_products
from rewards.errors import PolicyInvalid
from rewards.policy.document import DEFAULT_POLICY, digest_of, read_document
from rewards.policy.load import apply_policy
from rewards.policy.versions import list_versions, was_applied
from rewards.runtime.clock import now_utc
from rewards.runtime.database import create_engine_from, transaction
from rewards.runtime.errors import OperatorError
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
    return _bring_policy(session, settings.policy_file, now=now)


def _bring_policy(session: Session, file: Path | None, *, now: datetime) -> int | None:
    """The policy of POLICY_FILE, if it was never a version before; the default one only where there is none yet.

    So what was applied since by hand is not taken back by the next migration. Raises OperatorError.
    """
    if file is None and list_versions(session, limit=1):
        return None
    try:
        document = read_document(file or DEFAULT_POLICY)
    except PolicyInvalid as bad:
        lines = "\n".join(mistake.sentence(bad.file) for mistake in bad.mistakes)
        raise OperatorError(
            f"The policy is not good, so nothing of it holds; mend it and migrate again:\n{lines}"
        ) from None
    if was_applied(session, digest_of(document)):
        return None
    return apply_policy(session, document, by="system", now=now)
