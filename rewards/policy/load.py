"""The policy in the database: applied as versions, read as the one in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from rewards.errors import NoPolicy
from rewards.policy.document import Policy, digest_of, policy_of
from rewards.policy.names import without_names
from rewards.tables import Policy as PolicyTable
from rewards.tables import Rule as RuleTable

_IN_FORCE = text("select version, digest from policy where valid_from <= :now order by version desc limit 1")
# The next version that will be in force: one whose time comes before that of every newer one.
_ANNOUNCED = text(
    "select version, valid_from from policy p where valid_from > :now and version > :version and not exists"
    " (select from policy newer where newer.version > p.version and newer.valid_from <= p.valid_from)"
    " order by valid_from limit 1"
)
_SINCE = text("select valid_from from policy where version = :version")
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


class Announced(NamedTuple):
    """A version that is not in force yet, and from when it will be (UTC)."""

    policy: Policy
    valid_from: datetime


def in_force_since(session: Session, policy: Policy) -> datetime:
    """From when on a stored version has been in force (UTC)."""
    return session.execute(_SINCE, {"version": policy.version}).scalar_one()


def announced_policy(session: Session, policy: Policy, *, now: datetime) -> Announced | None:
    """The version that comes into force next after `policy`, which is in force now; none if none is announced."""
    found = session.execute(_ANNOUNCED, {"now": now, "version": policy.version}).one_or_none()
    return None if found is None else Announced(_read(session, version=found.version), found.valid_from)


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
    """The version of each rule; a definition that changed becomes the next version of its rule.

    A name is no part of it: a rule that does the same as before is the same rule, whatever it is called.
    """
    present = {row.key: row for row in session.execute(_RULES)}
    versions: dict[str, int] = {}
    for key, definition in sorted((key, without_names(given)) for key, given in definitions.items()):
        known = present.get(key)
        unchanged = known is not None and known.definition == definition
        versions[key] = known.version if known and unchanged else (known.version + 1 if known else 1)
        if not unchanged:
            session.execute(
                insert(RuleTable).values(key=key, version=versions[key], definition=definition, created_at=now)
            )
    return versions
