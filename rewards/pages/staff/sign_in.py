"""Signing in to the desk, and out."""

from flask import render_template

from rewards.pages.staff.desk import Desk


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.add_url_rule("/sign-in", "sign_in", sign_in)


def sign_in() -> str:
    """The form to sign in with."""
    return render_template("staff/sign_in.html")
