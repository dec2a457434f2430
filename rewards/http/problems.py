"""From exceptions to problem documents (RFC 9457): the one table that knows both."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from ledger import errors as ledger
from market import errors as market
from rewards import errors as rewards
from rewards.http.catalogue import KINDS, Kind
from rewards.http.outages import is_away

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 1

_log = structlog.get_logger("rewards.http")


class FieldError(NamedTuple):
    """What is wrong with one field, named by JSON Pointer (RFC 6901)."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence of a kind of problem."""

    kind: Kind
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        kind = self.kind
        document: dict[str, Any] = {
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [error._asdict() for error in self.errors]
        return document


@dataclass(eq=False)
class Refusal(Exception):
    """A request that http itself refuses, before any core is asked."""

    problem: Problem


def problem(slug: str, detail: str | None = None, *, headers: Mapping[str, str] | None = None) -> Problem:
    """An occurrence of a kind; without a `detail` the kind's own words, which always say what to do."""
    kind = KINDS[slug]
    return Problem(kind, detail or f"{kind.meaning} {kind.remedy}", headers=headers or {})


def refuse(slug: str, detail: str | None = None) -> Refusal:
    """An exception to raise that answers with the problem."""
    return Refusal(problem(slug, detail))


def invalid(errors: Iterable[FieldError], detail: str | None = None) -> Problem:
    """Fields that are not as they must be."""
    found = tuple(errors)
    named = ", ".join(error.pointer or "the body" for error in found[:5])
    return Problem(KINDS["invalid-fields"], detail or f"Correct {named} and send it again; nothing was stored.", found)


def invalid_field(pointer: str, message: str) -> Refusal:
    """One field that is not as it must be, as an exception to raise."""
    return Refusal(invalid([FieldError(pointer, message)]))


def away() -> Problem:
    """The database cannot answer now."""
    return problem("dependency-away", headers={"Retry-After": str(RETRY_AFTER_S)})


def _not_signed_in(error: rewards.NotSignedIn) -> Problem:
    return problem("not-signed-in", error.why, headers={"WWW-Authenticate": "Bearer"})


def _too_many_failures(error: rewards.TooManyFailures) -> Problem:
    said = f"Signing in failed too often. Try again in {error.wait_s} s; until then no password is looked at."
    return problem("too-many-requests", said, headers={"Retry-After": str(error.wait_s)})


def _scope_missing(error: rewards.ScopeMissing) -> Problem:
    return problem("scope-missing", f"This needs the scope {error.scope}. {KINDS['scope-missing'].remedy}")


def _unknown(error: rewards.UnknownThing) -> Problem:
    return problem("not-found", f"There is no {error.kind} {error.name!r}. {KINDS['not-found'].remedy}")


def _taken(error: rewards.NameTaken) -> Problem:
    return problem(
        "already-exists", f"There is a {error.kind} {error.name!r} already. {KINDS['already-exists'].remedy}"
    )


def event_conflict(error: ledger.EventConflict) -> Problem:
    """The id was used before: says when, and for which content."""
    first = f"{error.first_recorded_at:%Y-%m-%dT%H:%M:%SZ}, fingerprint {error.first_fingerprint}"
    return problem(
        "event-conflict",
        f"Event {error.event_id!r} of source {error.source!r} was decided at {first}. {KINDS['event-conflict'].remedy}",
    )


def event_in_future(error: rewards.EventInFuture) -> Problem:
    """Later than the clock tolerates; points to the field."""
    message = f"is later than {error.latest:%Y-%m-%dT%H:%M:%SZ}, the latest that is taken now"
    return Problem(KINDS["event-in-future"], KINDS["event-in-future"].remedy, (FieldError("/occurred_at", message),))


def _not_today(error: rewards.NotToday) -> Problem:
    return problem("not-today", f"{error.day} is not today, which is {error.today}. {KINDS['not-today'].remedy}")


def _not_enough(error: ledger.NotEnoughPoints) -> Problem:
    missing = error.needed - error.available
    return problem(
        "not-enough-points",
        f"{error.needed} points are needed, {error.available} are available: {missing} are missing. Nothing was moved.",
    )


def _cap_reached(error: rewards.CapReached) -> Problem:
    left = max(error.cap - error.used, 0)
    said = f"Of {error.cap} points that one of the staff may adjust a day {left} are left. No point was moved."
    return problem("adjustment-cap-reached", f"{said} {KINDS['adjustment-cap-reached'].remedy}")


def _season_state(error: rewards.SeasonNotInReview) -> Problem:
    return problem(
        "state-conflict", f"Season {error.season_id} is {error.state}; only a provisional one can be reviewed."
    )


def _not_for_sale(error: market.NotForSale) -> Problem:
    since = f" It is offered from {error.on_sale_from:%Y-%m-%dT%H:%M:%SZ}." if error.on_sale_from else ""
    return problem("not-available", f"The product is not offered now.{since} No point was moved.")


def _wrong_state(error: market.WrongState) -> Problem:
    wanted = " or ".join(error.wanted)
    return problem(
        "state-conflict", f"The redemption is {error.have}; this needs it to be {wanted}. Nothing was changed."
    )


def _bad_picture(error: rewards.BadPicture) -> Problem:
    if error.problem == "too_many_bytes":
        return problem("body-too-large", "A picture has 5 MB at most. Nothing was stored.")
    return invalid([FieldError("", _PICTURE_PROBLEMS[error.problem])])


_PICTURE_PROBLEMS: Mapping[str, str] = {
    "empty": "must hold a picture, but is empty",
    "no_picture": "must be a PNG, JPEG or WebP",
    "broken": "must be a whole picture, but breaks off or is damaged",
    "too_many_pixels": "must have 25 million pixels at most",
    "animated": "must stand still: animations are not taken",
}


def _merge_refused(error: rewards.MergeRefused) -> Problem:
    why = {
        "itself": "A member cannot be merged into itself.",
        "merged": f"It was merged into {error.into!r} before.",
        "held": "Points are set aside for redemptions under way: finish, reject or cancel these first.",
    }
    return problem("state-conflict", f"{why[error.why]} Nothing was changed.")


_PROBLEMS: dict[type[Exception], Callable[[Any], Problem]] = {
    Refusal: lambda error: error.problem,
    rewards.NotSignedIn: _not_signed_in,
    rewards.TooManyFailures: _too_many_failures,
    rewards.ScopeMissing: _scope_missing,
    rewards.NotYours: lambda _: problem("not-yours"),
    rewards.StaleForm: lambda _: problem("stale-form"),
    rewards.UnknownThing: _unknown,
    rewards.NameTaken: _taken,
    rewards.MemberSuspended: lambda error: problem(
        "member-suspended", f"Suspended since {error.since:%Y-%m-%dT%H:%M:%SZ}. {KINDS['member-suspended'].remedy}"
    ),
    rewards.NotToday: _not_today,
    rewards.EventInFuture: event_in_future,
    rewards.AwardReversed: lambda error: problem(
        "state-conflict", f"Entry {error.seq} cannot be reversed: {error.why}."
    ),
    rewards.NotRestorable: lambda error: problem(
        "state-conflict", f"Entry {error.seq} cannot be taken back: {error.why}."
    ),
    rewards.CapReached: _cap_reached,
    rewards.AdjustmentDecided: lambda error: problem(
        "state-conflict", f"The adjustment is {error.state} already. Nothing was changed."
    ),
    rewards.AskedByYou: lambda _: problem(
        "scope-missing", "Whoever asked for an adjustment may not decide on it; somebody else of the staff has to."
    ),
    rewards.AskedByAnother: lambda error: problem(
        "scope-missing", f"It was asked for by {error.asked_by}; only they withdraw it, others refuse it."
    ),
    rewards.MemberGone: lambda _: problem(
        "state-conflict", "The member was erased or merged since it was asked for: refuse it. Nothing was changed."
    ),
    rewards.SeasonNotInReview: _season_state,
    rewards.WinnersChanged: lambda error: problem(
        "state-conflict", f"The winners of season {error.season_id} have changed: look at them again."
    ),
    rewards.NoPolicy: lambda _: problem(
        "dependency-away",
        "No policy has been applied yet; `rewards migrate` applies the default one.",
        headers={"Retry-After": "5"},
    ),
    rewards.MergeRefused: _merge_refused,
    rewards.SeasonNotOver: lambda error: problem(
        "state-conflict", f"Season {error.season_id} ends at {error.ends_at:%Y-%m-%dT%H:%M:%SZ}; wait until then."
    ),
    rewards.NotInStanding: lambda error: problem(
        "not-found", f"The member has no place in season {error.season_id}. {KINDS['not-found'].remedy}"
    ),
    rewards.PrizeNotReturned: lambda _: problem(
        "state-conflict", "Only the latest prize of a place goes on to the next, and only once it was given back."
    ),
    market.UnknownProduct: lambda error: problem("not-found", f"There is no product {str(error.product)!r}."),
    market.UnknownRedemption: lambda error: problem("not-found", f"There is no redemption {error.redemption_id}."),
    market.ProductKeyTaken: lambda error: problem("already-exists", f"Another product has the key {error.key!r}."),
    market.ProductChanged: lambda error: problem(
        "state-conflict", f"The product is at version {error.have} now, not {error.given}: read it and change that."
    ),
    market.PriceNeeded: lambda _: invalid([FieldError("/price", "must be at least 1 while the product is for sale")]),
    market.StockNotCounted: lambda error: problem(
        "state-conflict", f"The product's stock is {error.stock!r}, which this call does not change."
    ),
    market.QuantityTooLow: lambda error: problem(
        "state-conflict", f"Only {error.quantity} are left, {-error.by} cannot be taken away."
    ),
    market.NotForSale: _not_for_sale,
    market.SoldOut: lambda _: problem(
        "not-available", "The product is sold out. No point was moved; look again later."
    ),
    market.LimitReached: lambda error: problem(
        "not-available", f"A member may have it {error.times} times a {error.period}. No point was moved."
    ),
    market.OwesPoints: lambda error: problem(
        "not-enough-points", f"The member owes {error.owed} points, which the next earnings pay. No point was moved."
    ),
    market.RedemptionIdTaken: lambda _: problem("state-conflict"),
    market.WrongState: _wrong_state,
    market.NotClaimedByYou: lambda error: problem(
        "state-conflict", f"It is in the hands of {error.claimed_by}; only they, or a manager, can lay it back."
    ),
    market.SecondStaffNeeded: lambda _: problem(
        "scope-missing", "Whoever approved a redemption may not fulfil it; somebody else of the staff has to."
    ),
    market.ReasonNeeded: lambda _: invalid([FieldError("/reason", "must say why, in words")]),
    market.BadCode: lambda error: invalid([FieldError("/code", f"can be no code: {error.problem}")]),
    market.CodeDoubled: lambda _: invalid([FieldError("/code", "is known already: in the stock, or issued before")]),
    market.NoCodeInStock: lambda _: problem("not-available", "No code is in stock: send one typed in as `code`."),
    market.CodeUnreadable: lambda _: problem("unexpected", "None of the keys in CODE_KEYS opens the code."),
    rewards.BadPicture: _bad_picture,
    rewards.UnreadableFile: lambda _: problem("malformed-body", "The file is no text that can be read as CSV."),
    ledger.EventConflict: event_conflict,
    ledger.NotEnoughPoints: _not_enough,
    ledger.HoldResolved: lambda error: problem("state-conflict", f"Its points were {error.state} before."),
    ledger.UnknownHold: lambda _: problem("not-found"),
    ledger.DecidedMeanwhile: lambda _: away(),
    ledger.SubjectMoved: lambda _: away(),
    rewards.MemberMoved: lambda _: away(),
}

_BY_STATUS = {
    400: "malformed-body",
    401: "not-signed-in",
    403: "scope-missing",
    404: "not-found",
    405: "method-not-allowed",
    408: "malformed-body",
    411: "malformed-body",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "invalid-fields",
    429: "too-many-requests",
    503: "dependency-away",
}


def problem_of(error: BaseException) -> Problem:
    """The problem that an exception is; `unexpected` for whatever is not listed."""
    for kind in type(error).__mro__:
        if kind in _PROBLEMS:
            return _PROBLEMS[kind](error)
    if isinstance(error, HTTPException):
        return _http_problem(error)
    return away() if is_away(error) else problem("unexpected")


def _http_problem(error: HTTPException) -> Problem:
    slug = _BY_STATUS.get(error.code or 500, "unexpected" if (error.code or 500) >= 500 else "malformed-body")
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if slug == "too-many-requests":
        kept.setdefault("Retry-After", "60")
    return problem(slug, headers=kept)


def respond(found: Problem) -> Response:
    """The problem as a response, with the request's id in it."""
    document = {**found.document(), "request_id": g.get("request_id")}
    response = Response(orjson.dumps(document), status=found.kind.status, content_type=CONTENT_TYPE)
    response.headers.update(found.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def register_problems(app: Flask) -> None:
    """Answer every exception of the app with a problem document; what is unexpected goes to the log, whole."""

    def answer(error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.response is not None:
            return error.response  # pyright: ignore[reportReturnType]  # Flask takes werkzeug's response as it is
        found = problem_of(error)
        if found.kind.slug == "unexpected":
            _log.error("unexpected", exc_info=error)
        elif found.kind.slug == "dependency-away":
            _log.warning("dependency away", error=type(error).__name__)
        return respond(found)

    app.register_error_handler(Exception, answer)
