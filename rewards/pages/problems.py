"""The pages that explain each problem of the API, from the very table that the API answers by."""

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from rewards.http.catalogue import KINDS, problem_kinds


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/problems/", "problem_list", problem_list)
    pages.add_url_rule("/problems/<slug>", "problem", problem)


def problem_list() -> str:
    """All of them."""
    kinds = sorted(problem_kinds(), key=lambda kind: kind.status)
    return render_template("pages/problems.html", problems=kinds)


def problem(slug: str) -> str:
    """One of them. Raises NotFound."""
    if slug not in KINDS:
        raise NotFound
    return render_template("pages/problem.html", problem=KINDS[slug])
