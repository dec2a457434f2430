"""The queue: what is next, what is in hand, and all of it as CSV."""

from flask import Response, request

from rewards.http.streams import csv_response
from rewards.http.surroundings import here, request_snapshot
from rewards.pages.frame import present_frame
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.queue import bulk as queue_bulk
from rewards.pages.staff.queue import steps as queue_steps
from rewards.pages.staff.queue.asked import asked, filter_of
from rewards.pages.staff.queue.shown import queue_page
from rewards.pages.staff.queue.view import Aftermath
from rewards.staff.queue_export import export_queue


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/queue", view=queue, needs="staff:view")
    desk.page("/queue.csv", view=queue_csv, needs="staff:view")
    queue_steps.add_to(desk)
    queue_bulk.add_to(desk)


def queue() -> Response:
    """The queue, and one redemption of it in hand."""
    response = queue_page(Aftermath())
    if request.headers.get("HX-Request"):
        # In place or anew, the address says what is seen; a step's own address is none to come back to.
        response.headers["HX-Push-Url"] = request.full_path.rstrip("?")
    return response


def queue_csv() -> Response:
    """What is asked for, all pages of it, as a file for spreadsheets."""
    wanted, actor = asked(), at_the_desk().actor
    with request_snapshot() as session:
        only = filter_of(session, wanted, actor=actor)
    timezone = here().settings.community_timezone
    return csv_response(
        lambda session: export_queue(session, only=only, newest_first=wanted.newest_first, timezone=timezone),
        filename=f"redemptions-{wanted.tab.replace('_', '-')}-{present_frame().today}.csv",
        marked=True,
    )
