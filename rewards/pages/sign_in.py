"""Signing in from the forum, and out again."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from rewards.access.member_sessions import SESSION_LASTS, sign_in_member, sign_out_member
from rewards.access.member_tokens import read_member_token
from rewards.http.auth import SESSION_COOKIE, member_token_terms
from rewards.http.surroundings import request_now, request_transaction
from rewards.pages.forms import check_form


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/sso", "sign_in", sign_in)
    pages.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


def sign_in() -> AnyResponse:
    """Take the forum's token, once, for a session; go on to `next`. Raises NotSignedIn."""
    token = read_member_token(request.args.get("token", ""), terms=member_token_terms(), now=request_now())
    with request_transaction() as session:
        secret = sign_in_member(session, token, now=request_now())
    answer = redirect(local_address(request.args.get("next")), code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    answer.headers["Cache-Control"] = "no-store"
    # The address holds a token: whatever the next page loads must not learn it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def sign_out() -> AnyResponse:
    """End the session that the form's own page belongs to. Raises StaleForm for any other form."""
    check_form(request.cookies.get(SESSION_COOKIE, ""))
    with request_transaction() as session:
        sign_out_member(session, request.cookies.get(SESSION_COOKIE, ""), now=request_now())
    answer: Response | AnyResponse = redirect(url_for("pages.ranking"), code=303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def local_address(wanted: str | None) -> str:
    """`next`, if it is a path on this host; else the ranking.

    Browsers read a backslash as a slash, and skip control characters.
    """
    fallback = url_for("pages.ranking")
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or not wanted.isprintable():
        return fallback
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc and "\\" not in parts.path else fallback
