"""The policy in the database: applied as versions, read as the one in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from rewards.errors import NoPolicy
from rewards.policy.document import Policy, digest_of, policy_of
from rewards.tables import Policy as PolicyTable
from rewards.tables import Rule as RuleTable

_IN_FORCE = text("select version, digest from policy where valid_from <= :now order by version desc limit 1")
_DOCUMENT = text("select document from policy where version = :version")
_NEWEST = text("select version, digest from policy order by version desc limit 1")
_RULES = text("select distinct on (key) key, version, definition from rule order by key, version desc")
_LOCK = text("select pg_advisory_xact_lock(hashtext('rewards policy'))")
_known: dict[bytes, Policy] = {}
"""By digest of the stored version: reading one again costs a small query, not a parse."""


def policy_in_force(session: Session, *, now: datetime) -> Policy:
    """The newest version whose time has come. Raises NoPolicy before the first one: nothing is given away then."""
    found = session.execute(_IN_FORCE, {"now": now}).one_or_none()
    if found is None:
        raise NoPolicy
    known = _known.get(bytes(found.digest))
    if known is None or known.version != found.version:
        known = _known[bytes(found.digest)] = _read(session, version=found.version)
    return known


def _read(session: Session, *, version: int) -> Policy:
    stored = session.execute(_DOCUMENT, {"version": version}).scalar_one()
    return policy_of(stored["policy"], version=version, rule_versions=stored["rule_versions"])


def apply_policy(
    session: Session, document: Mapping[str, Any], *, by: str, now: datetime, valid_from: datetime | None = None
) -> int | None:
    """Make a checked document the newest version, in force from `valid_from` (now). None if nothing changed."""
    session.execute(_LOCK)
    newest = session.execute(_NEWEST).one_or_none()
    digest = digest_of(document)
    if newest is not None and bytes(newest.digest) == digest:
        return None
    version = 1 if newest is None else newest.version + 1
    rule_versions = _version_rules(session, document["rules"], now=now)
    stored = {"policy": document, "rule_versions": rule_versions}
    row = {
        "version": version,
        "valid_from": valid_from or now,
        "document": stored,
        "digest": digest,
        "applied_by": by,
        "applied_at": now,
    }
    session.execute(insert(PolicyTable).values(row))
    return version


def _version_rules(session: Session, definitions: Mapping[str, Any], *, now: datetime) -> dict[str, int]:
    """The version of each rule; a definition that changed becomes the next version of its rule."""
    present = {row.key: row for row in session.execute(_RULES)}
    versions: dict[str, int] = {}
    for key, definition in sorted(definitions.items()):
        known = present.get(key)
        unchanged = known is not None and known.definition == definition
        versions[key] = known.version if known and unchanged else (known.version + 1 if known else 1)
        if not unchanged:
            session.execute(
                insert(RuleTable).values(key=key, version=versions[key], definition=definition, created_at=now)
            )
    return versions
