from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from rewards.access.member_tokens import TokenTerms, check_fresh, is_member_id, read_member_token
from rewards.errors import NotSignedIn

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
SECRET = "s" * 40
TERMS = TokenTerms(key=SECRET, algorithm="HS256", audience="rewards")
SECONDS = int(NOW.timestamp())
GOOD = {"sub": "minji", "aud": "rewards", "exp": SECONDS + 300, "iat": SECONDS, "jti": "1"}


def read(claims: dict[str, Any], *, key: Any = SECRET, algorithm: str = "HS256", terms: TokenTerms = TERMS) -> Any:
    return read_member_token(jwt.encode(claims, key, algorithm=algorithm), terms=terms, now=NOW)


def test_a_good_token_names_its_member() -> None:
    token = read(GOOD)

    assert (token.member_id, token.jti, token.expires_at) == ("minji", "1", NOW + timedelta(seconds=300))


@pytest.mark.parametrize(
    "claims, said",
    [
        ({"exp": SECONDS}, "expired"),
        ({"exp": None}, "'exp'"),
        ({"aud": None}, "'aud'"),
        ({"aud": "elsewhere"}, "audience"),
        ({"sub": None}, "'sub'"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 65}, "sub"),
        ({"sub": "a\x00b"}, "sub"),
        ({"nbf": SECONDS + 60}, "not valid yet"),
        ({"exp": "tomorrow"}, "exp"),
        ({"exp": 10**30}, "exp"),
        ({"exp": True}, "exp"),
    ],
)
def test_a_token_that_is_not_good_says_why(claims: dict[str, Any], said: str) -> None:
    given = {name: value for name, value in (GOOD | claims).items() if value is not None}

    with pytest.raises(NotSignedIn) as refused:
        read(given)

    assert said in refused.value.why


def test_a_token_that_another_key_signed_or_nobody_is_refused() -> None:
    for token in (jwt.encode(GOOD, "t" * 40, "HS256"), jwt.encode(GOOD, "", "none"), "x.y.z", "", "é", "ptk"):
        with pytest.raises(NotSignedIn):
            read_member_token(token, terms=TERMS, now=NOW)


def test_another_algorithm_than_the_configured_one_is_refused_even_with_the_public_key_as_secret() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = public_pem(private.public_key())
    terms = TokenTerms(key=public, algorithm="RS256", audience="rewards")

    assert read(GOOD, key=private, algorithm="RS256", terms=terms).member_id == "minji"
    with pytest.raises(NotSignedIn):
        read(GOOD, key="s" * 40, algorithm="HS256", terms=terms)


def test_a_forum_may_sign_with_ed25519() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    terms = TokenTerms(key=public_pem(private.public_key()), algorithm="EdDSA", audience="rewards")

    assert read(GOOD, key=private, algorithm="EdDSA", terms=terms).member_id == "minji"


def public_pem(key: Any) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("age_s, good", [(-6, False), (-5, True), (0, True), (60, True), (61, False)])
def test_signing_in_takes_a_token_of_at_most_60_seconds(age_s: int, *, good: bool) -> None:
    token = read(GOOD | {"iat": SECONDS - age_s})

    if good:
        assert check_fresh(token, now=NOW) == "1"
    else:
        with pytest.raises(NotSignedIn):
            check_fresh(token, now=NOW)


@pytest.mark.parametrize("claims", [{"jti": None}, {"jti": ""}, {"jti": "x" * 256}, {"jti": 5}, {"iat": None}])
def test_signing_in_needs_a_jti_and_when_it_was_issued(claims: dict[str, Any]) -> None:
    given = {name: value for name, value in (GOOD | claims).items() if value is not None}

    with pytest.raises(NotSignedIn):
        check_fresh(read(given), now=NOW)


def test_a_member_id_is_1_to_64_characters_without_control_characters() -> None:
    assert all(is_member_id(good) for good in ("a", "x" * 64, "민지", "🦊", "a b", "a/b", "\u202eabc"))
    assert not any(is_member_id(bad) for bad in ("", "x" * 65, "a\nb", "\x00", "\x7f", "\x85", "\ud800", 5, None))
