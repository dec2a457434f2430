"""Forms: whose they are, what they say, where they lead."""

import pytest
from flask import Flask
from marshmallow import fields

from rewards.errors import StaleForm
from rewards.pages.forms import Filled, Form, check_form, go_on, proof_of, read_form

SECRET = "ptm_a-session"


class Order(Form):
    """Something to fill in."""

    name = fields.String(required=True, error_messages={"required": "a name is missing"})
    number = fields.Integer(load_default=1, error_messages={"invalid": "no number"})


def sent(app: Flask, form: dict[str, str]) -> Filled:
    with app.test_request_context("/", method="POST", data=form):
        return read_form(Order())


def proof_for(app: Flask, secret: str) -> str:
    with app.app_context():
        return proof_of(secret)


@pytest.mark.parametrize("site", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_a_form_of_the_session_is_taken(app: Flask, site: dict[str, str]) -> None:
    form = {"csrf": proof_for(app, SECRET)}

    with app.test_request_context("/", method="POST", data=form, headers=site):
        check_form(SECRET)


@pytest.mark.parametrize("other", ["ptm_another", "", "ptm_a-sessioN"])
def test_a_form_of_another_session_is_not(app: Flask, other: str) -> None:
    form = {"csrf": proof_for(app, other)}

    with app.test_request_context("/", method="POST", data=form), pytest.raises(StaleForm):
        check_form(SECRET)


@pytest.mark.parametrize("proof", [None, "", "0", "0" * 64, "가" * 64])
def test_a_form_without_the_proof_is_not(app: Flask, proof: str | None) -> None:
    form = {} if proof is None else {"csrf": proof}

    with app.test_request_context("/", method="POST", data=form), pytest.raises(StaleForm):
        check_form(SECRET)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_that_another_site_sent_is_not_even_with_the_proof(app: Flask, site: str) -> None:
    form = {"csrf": proof_for(app, SECRET)}
    headers = {"Sec-Fetch-Site": site}

    with app.test_request_context("/", method="POST", data=form, headers=headers), pytest.raises(StaleForm):
        check_form(SECRET)


def test_nobody_without_a_session_has_a_form(app: Flask) -> None:
    form = {"csrf": proof_for(app, "")}

    with app.test_request_context("/", method="POST", data=form), pytest.raises(StaleForm):
        check_form("")


def test_what_was_left_empty_is_not_given(app: Flask) -> None:
    assert sent(app, {"name": "  민지 ", "number": ""}).values == {"name": "민지", "number": 1}


def test_what_is_wrong_is_said_by_field_and_what_was_typed_is_kept(app: Flask) -> None:
    filled = sent(app, {"name": "   ", "number": "seven", "csrf": "secret", "button": "go"})

    assert filled.errors == {"name": "a name is missing", "number": "no number"}
    assert filled.values == {}
    assert filled.given == {"name": "   ", "number": "seven", "button": "go"}


def test_htmx_is_told_to_load_another_page_whole(app: Flask) -> None:
    with app.test_request_context("/", method="POST", headers={"HX-Request": "true"}):
        elsewhere, in_place = go_on("/market"), go_on("/attendance", page_changes=False)
    with app.test_request_context("/", method="POST"):
        plain = go_on("/market")

    assert (elsewhere.status_code, elsewhere.headers["HX-Redirect"]) == (204, "/market")
    assert (in_place.status_code, in_place.headers["Location"]) == (303, "/attendance")
    assert (plain.status_code, plain.headers["Location"]) == (303, "/market")
