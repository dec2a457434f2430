"""The front page of the desk: what is next, is anything wrong?"""

from flask import render_template

from rewards.pages.staff.desk import Desk


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/", view=front, needs="staff:view")


def front() -> str:
    """The front page."""
    return render_template("staff/front.html")
