"""What staff and operators do with the policy, with its line in the audit. The caller commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.policy.load import apply_policy


def put_in_force(
    session: Session, document: Mapping[str, Any], *, valid_from: datetime | None, actor: str, now: datetime
) -> int | None:
    """Make a checked document the newest version, in force from `valid_from` (now); none if it is the newest already.

    Nothing that was decided is decided again: a version holds for what is recorded while it is in force.
    """
    version = apply_policy(session, document, by=actor, now=now, valid_from=valid_from)
    if version is not None:
        detail = {"version": version, "valid_from": (valid_from or now).isoformat()}
        note(session, actor=actor, action="policy.apply", about=f"policy:{version}", detail=detail, now=now)
    return version
