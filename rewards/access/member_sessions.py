"""Members signed in on the pages: the forum's token, once, for a session of ours."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from rewards.access.member_tokens import MemberToken, check_fresh
from rewards.access.secrets import MEMBER_PREFIX, digest_of, new_secret
from rewards.errors import NotSignedIn
from rewards.members.ensure import ensure_members, lock_member

SESSION_LASTS = timedelta(hours=8)

_USE = text("insert into sign_in_token (jti, expires_at) values (:jti, :expires_at) on conflict do nothing returning 1")
_FORGET = text("delete from sign_in_token where expires_at < :now")
_OPEN = text(
    "insert into member_session (digest, account_id, created_at, expires_at)"
    " values (:digest, :account_id, :now, :expires_at)"
)
_FIND = text(
    "select m.member_id from member_session s join member named using (account_id)"
    " join member m on m.account_id = coalesce(named.merged_into, named.account_id)"
    " where s.digest = :digest and s.revoked_at is null and s.expires_at > :now and m.member_id is not null"
)
_CLOSE = text("update member_session set revoked_at = :now where digest = :digest and revoked_at is null")
_CLOSE_ALL = text(
    "update member_session set revoked_at = :now"
    " where account_id = any(cast(:accounts as uuid[])) and revoked_at is null and expires_at > :now"
)


def sign_in_member(session: Session, token: MemberToken, *, now: datetime) -> str:
    """Sign a member in with a fresh token, which is good once: the secret of the session. Raises NotSignedIn."""
    jti = check_fresh(token, now=now)
    session.execute(_FORGET, {"now": now - timedelta(days=1)})
    if (
        session.execute(
            _USE, {"jti": jti, "expires_at": max(token.expires_at, now + timedelta(minutes=5))}
        ).one_or_none()
        is None
    ):
        raise NotSignedIn("This token has signed somebody in before. Go back to the forum and try again.")
    member = ensure_members(session, [token.member_id], now=now)[token.member_id]
    lock_accounts(session, [member.account_id], now=now)
    secret = new_secret(MEMBER_PREFIX)
    row = {"digest": digest_of(secret), "account_id": member.account_id, "now": now, "expires_at": now + SESSION_LASTS}
    session.execute(_OPEN, row)
    return secret


def member_of_session(session: Session, secret: str, *, now: datetime) -> str | None:
    """The member who holds the session, if it is still good."""
    return session.execute(_FIND, {"digest": digest_of(secret), "now": now}).scalar_one_or_none()


def sign_out_member(session: Session, secret: str, *, now: datetime) -> None:
    """End a session; harmless twice."""
    session.execute(_CLOSE, {"digest": digest_of(secret), "now": now})


def sign_out_everywhere(session: Session, member_id: str, *, now: datetime) -> None:
    """End every session of a member, on whatever device; harmless twice. Raises UnknownThing.

    Locks the account, so that a sign-in under way is either ended with the others or comes after them.
    """
    member, _ = lock_member(session, member_id, now=now)
    session.execute(_CLOSE_ALL, {"accounts": list(member.accounts), "now": now})
