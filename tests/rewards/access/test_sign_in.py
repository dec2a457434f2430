from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from rewards.access.keys import caller_with_key, create_key, revoke_key
from rewards.access.member_sessions import member_of_session, sign_in_member, sign_out_member
from rewards.access.member_tokens import MemberToken
from rewards.access.staff import create_staff, disable_staff
from rewards.access.staff_sessions import caller_on_staff, open_session
from rewards.access.staff_sign_in import Try, begin_try
from rewards.errors import NameTaken, NotSignedIn
from rewards.members.erase import erase

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
PASSWORD = "a password of some length"


def token(jti: str = "1", member_id: str = "minji") -> MemberToken:
    return MemberToken(member_id=member_id, jti=jti, issued_at=NOW, expires_at=NOW + timedelta(minutes=1))


def test_a_sign_in_token_is_good_once(session: Session) -> None:
    secret = sign_in_member(session, token(), now=NOW)

    assert member_of_session(session, secret, now=NOW) == "minji"
    with pytest.raises(NotSignedIn):
        sign_in_member(session, token(), now=NOW)


def test_a_members_session_ends_by_itself_by_signing_out_and_by_erasure(session: Session) -> None:
    first, second, third = (sign_in_member(session, token(jti), now=NOW) for jti in "123")

    sign_out_member(session, first, now=NOW)

    assert member_of_session(session, first, now=NOW) is None
    assert member_of_session(session, second, now=NOW + timedelta(hours=8)) is None
    assert member_of_session(session, third, now=NOW) == "minji"
    erase(session, "minji", now=NOW)
    assert member_of_session(session, third, now=NOW) is None


def test_managing_includes_fulfilling_and_viewing(session: Session) -> None:
    _, secret = create_key(session, name="a", scopes=["staff:manage"], now=NOW)

    caller = caller_with_key(session, secret, now=NOW)

    assert caller.scopes == {"staff:manage", "staff:fulfil", "staff:view"}
    assert caller.actor == "key:a"


def test_several_keys_are_valid_at_once_and_a_name_is_free_again_after_its_key(session: Session) -> None:
    first, one = create_key(session, name="a", scopes=["events:write"], now=NOW)
    _, two = create_key(session, name="b", scopes=["events:write"], now=NOW)
    with pytest.raises(NameTaken):
        create_key(session, name="a", scopes=["events:write"], now=NOW)
    assert caller_with_key(session, one, now=NOW).id != caller_with_key(session, two, now=NOW).id

    revoke_key(session, first.key_id, now=NOW)
    create_key(session, name="a", scopes=["events:write"], now=NOW)

    with pytest.raises(NotSignedIn):
        caller_with_key(session, one, now=NOW)


def test_a_key_expires_to_the_second(session: Session) -> None:
    _, secret = create_key(session, name="a", scopes=["events:write"], expires_at=NOW, now=NOW - timedelta(days=1))

    assert caller_with_key(session, secret, now=NOW - timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        caller_with_key(session, secret, now=NOW)


def test_a_disabled_account_loses_its_sign_ins(session: Session) -> None:
    mina = create_staff(session, name="mina", password=PASSWORD, role="manager", now=NOW)
    signed_in = open_session(session, mina, address=None, agent=None, now=NOW)
    assert caller_on_staff(session, signed_in.token, now=NOW).actor == "staff:mina"

    disable_staff(session, "mina", now=NOW)

    with pytest.raises(NotSignedIn):
        caller_on_staff(session, signed_in.token, now=NOW)
    tried = begin_try(session, name="mina", address=None, now=NOW)
    assert isinstance(tried, Try)
    assert tried.person is None
