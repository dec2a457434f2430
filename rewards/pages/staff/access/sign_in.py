"""Signing in to the desk, and out."""

from secrets import token_urlsafe

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import fields, validate
from werkzeug.wrappers import Response as AnyResponse

from rewards.access.secrets import STAFF_PREFIX
from rewards.access.staff_sessions import SESSION_LASTS, SignedIn, close_session
from rewards.errors import NotSignedIn, StaleForm, TooManyFailures
from rewards.http.auth import STAFF_COOKIE, current_staff
from rewards.http.staff_sign_in import sign_in_staff
from rewards.http.surroundings import request_now, request_transaction
from rewards.pages.forms import Filled, Form, check_form, proof_of, read_form, say
from rewards.pages.sign_in import local_address
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.staff.signing_in import let_out

NONCE_COOKIE = "rewards_sign_in"
NONCE_AGE_S = 3600
MINUTE_S = 60


class SignInForm(Form):
    """A name and the proof. The password counts as it was typed, with its blanks."""

    name = fields.String(required=True, validate=validate.Length(max=100))
    password = fields.String(required=True, validate=validate.Length(max=1000))
    next = fields.String(load_default=None)


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.add_url_rule("/sign-in", "sign_in", sign_in)
    desk.add_url_rule("/sign-in", "come_in", come_in, methods=["POST"])
    desk.form("/sign-out", view=sign_out, needs="staff:view")


def sign_in() -> AnyResponse:
    """The form to sign in with; whoever is signed in goes on."""
    wanted = _wanted(request.args.get("next"))
    if current_staff() is not None:
        return redirect(wanted, code=303)
    return _form(Filled({"next": wanted}))


def come_in() -> AnyResponse:
    """Take name and password, and go on to where they wanted to go."""
    try:
        check_form(request.cookies.get(NONCE_COOKIE, ""))
    except StaleForm:
        return _form(_kept(), said=gettext("The page was open for long. Please sign in once more."), status=403)
    form = read_form(SignInForm())
    if form.errors:
        return _form(form, said=gettext("Enter your name and your password."), status=422)
    try:
        signed_in = sign_in_staff(name=form.values["name"], password=request.form["password"])
    except NotSignedIn:
        return _form(_kept(), said=gettext("Name or password is not right."), status=401)
    except TooManyFailures as error:
        return _form(_kept(), said=_wait(error.wait_s), status=429, retry_after_s=error.wait_s)
    return _welcome(signed_in, wanted=_wanted(form.values["next"]))


def sign_out() -> AnyResponse:
    """End this sign-in; the others go on."""
    with request_transaction() as session:
        let_out(session, request.cookies.get(STAFF_COOKIE, ""), actor=at_the_desk().actor, now=request_now())
    say(gettext("You have signed out."))
    answer = redirect(url_for("staff.sign_in"), code=303)
    answer.delete_cookie(STAFF_COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def _form(form: Filled, *, said: str | None = None, status: int = 200, retry_after_s: int | None = None) -> AnyResponse:
    """The form, with a nonce of this browser that another site can't know: nobody signs others in as themselves."""
    nonce = request.cookies.get(NONCE_COOKIE) or token_urlsafe(32)
    answer = make_response(render_template("staff/sign_in.html", form=form, said=said, proof=proof_of(nonce)), status)
    answer.set_cookie(
        NONCE_COOKIE,
        nonce,
        max_age=NONCE_AGE_S,
        path=url_for("staff.sign_in"),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    answer.headers["Cache-Control"] = "no-store"
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _welcome(signed_in: SignedIn, *, wanted: str) -> AnyResponse:
    _end_former()
    answer = redirect(wanted, code=303)
    answer.set_cookie(
        STAFF_COOKIE,
        signed_in.token,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    answer.delete_cookie(NONCE_COOKIE, path=url_for("staff.sign_in"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _end_former() -> None:
    """The browser forgets the token that it had: nobody shall find it good later."""
    former = request.cookies.get(STAFF_COOKIE, "")
    if former.startswith(STAFF_PREFIX) and former.isascii():
        with request_transaction() as session:
            close_session(session, former, now=request_now())


def _kept() -> Filled:
    """What is shown again: never the password."""
    return Filled({name: request.form.get(name, "") for name in ("name", "next")})


def _wanted(given: str | None) -> str:
    """Where to go on: an address of the desk."""
    desk = url_for("staff.front")
    wanted = local_address(given)
    return wanted if wanted.startswith(desk) and not wanted.startswith(url_for("staff.sign_in")) else desk


def _wait(seconds: int) -> str:
    """How long to wait, in words."""
    if seconds < MINUTE_S:
        after = ngettext("one second", "%(num)d seconds", seconds)
    else:
        after = ngettext("one minute", "%(num)d minutes", -(-seconds // MINUTE_S))
    return gettext("Signing in failed too often. Try again in %(after)s; nothing is locked.", after=after)
