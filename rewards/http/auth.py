"""Who sends the request, and whether they may."""

from dataclasses import dataclass
from typing import Literal

from flask import g, request

from rewards.access.keys import caller_with_key
from rewards.access.member_sessions import member_of_session
from rewards.access.member_tokens import MemberToken, TokenTerms, read_member_token
from rewards.access.scopes import Caller
from rewards.access.secrets import KEY_PREFIX, MEMBER_PREFIX, STAFF_PREFIX, digest_of
from rewards.access.staff_sessions import caller_on_staff
from rewards.errors import NotSignedIn, NotYours, ScopeMissing, UnknownThing
from rewards.http.surroundings import here, request_now
from rewards.members.accounts import present_id
from rewards.runtime.database import transaction

SESSION_COOKIE = "rewards_member"
STAFF_COOKIE = "rewards_staff"

Members = Literal["none", "any", "own"]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may make a call: whoever has `scope`; and members: none, any, or the one whom the path's `member_id` names.

    Without a scope anybody may.
    """

    scope: str | None
    members: Members = "none"


PUBLIC = Access(None)


def needs(scope: str, *, members: Members = "none") -> Access:
    """The call needs the scope, of an API key or of staff; or a member's own token where members may make it."""
    return Access(scope, members)


def admit(access: Access) -> None:
    """Let the caller of the present request in. Raises NotSignedIn, ScopeMissing, NotYours."""
    if access.scope is None:
        return
    caller = g.caller = _caller()
    if caller.kind == "member":
        _admit_member(caller, access)
    elif access.scope not in caller.scopes:
        raise ScopeMissing(access.scope)


def _admit_member(caller: Caller, access: Access) -> None:
    if access.members == "none":
        raise ScopeMissing(access.scope or "")
    if access.members == "own" and not _is_same((request.view_args or {}).get("member_id"), caller.member_id):
        raise NotYours


def _is_same(asked: str | None, own: str | None) -> bool:
    """Whether both ids name one member. The database is asked where they differ: one may have been merged."""
    if asked == own or asked is None or own is None:
        return asked == own
    try:
        with transaction(here().engine) as session:
            return present_id(session, asked) == present_id(session, own)
    except UnknownThing:
        return False


def current_caller() -> Caller:
    """Whoever was admitted to the present call."""
    return g.caller


def acting_member(member_id: str | None) -> str | None:
    """The member for whom the call acts: a member's token acts for its own member only. Raises NotYours."""
    caller = current_caller()
    if caller.member_id is None:
        return member_id
    if member_id is not None and not _is_same(member_id, caller.member_id):
        raise NotYours
    return caller.member_id


def _caller() -> Caller:
    token = bearer_token()
    if token is None:
        raise NotSignedIn("The request carries no `Authorization: Bearer …` header.")
    if token.startswith(KEY_PREFIX):
        with transaction(here().engine) as session:
            return caller_with_key(session, token, now=request_now())
    if token.startswith(STAFF_PREFIX):
        with transaction(here().engine) as session:
            return caller_on_staff(session, token, now=request_now())
    return _member_caller(_read(token))


def _member_caller(token: MemberToken) -> Caller:
    # The id stands in for the member's where answers are kept, and names nobody.
    digest = digest_of(f"{here().settings.secret_key}\n{token.member_id}").hex()
    return Caller(kind="member", id=f"member:{digest}", actor="member", member_id=token.member_id)


def _read(token: str) -> MemberToken:
    return read_member_token(token, terms=member_token_terms(), now=request_now())


def member_token_terms() -> TokenTerms:
    """How the forum signs its members' tokens, by the settings."""
    settings = here().settings
    return TokenTerms(
        key=settings.member_jwt_key, algorithm=settings.member_jwt_algorithm, audience=settings.member_jwt_audience
    )


def bearer_token() -> str | None:
    """What the request's Authorization header carries, if it is a bearer token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if kind.lower() == "bearer" and token and token.isascii() else None


def current_member() -> str | None:
    """The member who is signed in on the pages by the session's cookie, if anybody is."""
    secret = request.cookies.get(SESSION_COOKIE, "")
    if not secret.startswith(MEMBER_PREFIX) or not secret.isascii():
        return None
    if "member" not in g:
        with transaction(here().engine) as session:
            g.member = member_of_session(session, secret, now=request_now())
    return g.member


def current_staff() -> Caller | None:
    """Whoever of the staff is signed in on the pages by the session's cookie, if anybody is."""
    secret = request.cookies.get(STAFF_COOKIE, "")
    if not secret.startswith(STAFF_PREFIX) or not secret.isascii():
        return None
    if "staff" not in g:
        try:
            with transaction(here().engine) as session:
                g.staff = caller_on_staff(session, secret, now=request_now())
        except NotSignedIn:
            g.staff = None
    return g.staff
