"""The queue's page as it stands, for whoever is at the desk."""

from dataclasses import replace
from uuid import UUID

from flask import Response, make_response, render_template

from rewards.http.surroundings import request_now, request_snapshot
from rewards.pages.frame import present_frame
from rewards.pages.staff.desk import at_the_desk
from rewards.pages.staff.queue.asked import asked
from rewards.pages.staff.queue.reading import Looking, read_queue_page
from rewards.pages.staff.queue.view import Aftermath


def queue_page(after: Aftermath, *, opened: UUID | None = None, status: int = 200) -> Response:
    """The page, with what a step has left to be shown once. `opened`: the redemption that the step was about."""
    wanted = asked()
    looking = Looking(replace(wanted, opened=opened or wanted.opened), at_the_desk(), present_frame(), request_now())
    with request_snapshot() as session:
        view = read_queue_page(session, looking)
    response = make_response(render_template("staff/queue.html", view=view, after=after), status)
    if after.code is not None:
        response.headers["Cache-Control"] = "no-store"
    return response
