"""Which errors mean that the database was away or busy, and which that the same work may succeed at once."""

from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger import errors as ledger
from rewards import errors as rewards


def is_away(error: BaseException) -> bool:
    """Whether the database was away, too busy or not writable, rather than asked for something wrong."""
    if isinstance(error, (PoolTimeout, DisconnectionError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the connection was refused or lost, and no server said why
        return error.connection_invalidated or type(error.orig).__name__ in (
            "OperationalError",
            "InterfaceError",
            "ConnectionTimeout",
        )
    return state[:2] in ("08", "53", "57", "58", "40", "55") or state == "25006"


def is_worth_again(error: BaseException) -> bool:
    """Whether the same micro-batch may well succeed at once: others came first, or a deadlock was broken."""
    if isinstance(error, (ledger.DecidedMeanwhile, ledger.SubjectMoved, rewards.MemberMoved)):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40P01", "40001")
