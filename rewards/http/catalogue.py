# ruff: noqa: E501 -- sentences for people, one a line
"""Every problem that a call may answer with: what happened, what to do next. Pages under /problems/ show the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem (RFC 9457); its `type` is `/problems/<slug>`."""

    slug: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def type(self) -> str:
        """The stable address that identifies it."""
        return f"/problems/{self.slug}"


_KINDS = (
    Kind(
        "malformed-body",
        400,
        "The body cannot be read",
        "The body is not JSON in UTF-8 (or, for a batch, not lines of it), or is nested more than 32 levels deep. Nothing was stored.",
        "Send JSON as RFC 8259 describes it; `detail` says where reading stopped.",
    ),
    Kind(
        "not-signed-in",
        401,
        "Nobody is signed in",
        "The request carries no key or token, or one that is unknown, revoked, expired or not meant for this service.",
        "Send `Authorization: Bearer …` with an API key (ptk_…), a staff token (pts_…) or a member's JWT; `detail` says what is missing.",
    ),
    Kind(
        "scope-missing",
        403,
        "Not allowed for this key or role",
        "Whoever sent the request is known, but lacks the scope that `detail` names.",
        "Use a key that has the scope, or ask the operator for one (`rewards api-key create --scope …`).",
    ),
    Kind(
        "stale-form",
        403,
        "The form is out of date",
        "The form of a page does not belong to the session that sent it: it was open too long, or is another site's. Nothing was changed.",
        "Open the page again and send the form once more.",
    ),
    Kind(
        "not-yours",
        403,
        "This belongs to another member",
        "A member's token reaches that member's own resources only.",
        "Ask with the other member's own token, or with an API key of the forum's backend.",
    ),
    Kind(
        "member-suspended",
        403,
        "The member is suspended",
        "A suspended member neither earns nor spends. Nothing was stored.",
        "Staff can end the suspension with POST /v1/members/{id}/suspend and `suspended` false.",
    ),
    Kind(
        "not-found",
        404,
        "There is no such thing",
        "The address, or the thing that it names, does not exist (or is not yours to see).",
        "Check the address against /docs, and the id against the list that it came from.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "The address takes other methods",
        "The address exists, but not for this method; the header `Allow` lists those that it takes.",
        "Use one of the methods in `Allow`.",
    ),
    Kind(
        "event-conflict",
        409,
        "The event's id was used for something else",
        "An event with this source and id was decided before, with other content. Its first decision stands; nothing was stored.",
        "Give every event an id of its own. GET /v1/events?source=…&id=… shows the first use.",
    ),
    Kind(
        "idempotency-conflict",
        409,
        "The Idempotency-Key was used for another request",
        "The first request with this key said something else. Its answer stands; nothing was done now.",
        "Use a new key for a new request, and the same key only to repeat the same request.",
    ),
    Kind(
        "not-today",
        409,
        "That day is not today",
        "A check-in is for the community's present day only; the day that was sent is another one. Nothing was stored.",
        "Leave `day` away, or send today's date in the community's time zone.",
    ),
    Kind(
        "not-enough-points",
        409,
        "Not enough points",
        "More points were asked for than are available; what is held for other redemptions is not. No point was moved.",
        "Try again with more points; `detail` says how many are missing.",
    ),
    Kind(
        "adjustment-cap-reached",
        409,
        "The day's cap of adjustments is reached",
        "What one of the staff, or one key, may adjust on a day of the community is limited (setting ADJUST_CAP_PER_DAY), and this is more than is left. No point was moved.",
        "Ask somebody else of the staff, or wait for the next day of the community; refused and withdrawn adjustments do not count.",
    ),
    Kind(
        "not-available",
        409,
        "The product cannot be had now",
        "It is sold out, not on sale, or the member's limit is used up. No point was moved.",
        "GET /v1/market/products says what can be had and from when; `detail` says what stands against it.",
    ),
    Kind(
        "state-conflict",
        409,
        "Its state does not allow this any more",
        "Somebody, or time, has moved it on meanwhile; exactly one of two steps that exclude each other wins. Nothing was changed now.",
        "Read it again: its `state` and `history` say what happened.",
    ),
    Kind(
        "already-exists",
        409,
        "That name or key is taken",
        "Something else has the same name or key.",
        "Choose another one, or change the one that exists.",
    ),
    Kind(
        "body-too-large",
        413,
        "The body is too large",
        "The body is larger than this service takes (setting MAX_BODY_BYTES). Nothing was stored.",
        "Send smaller batches; 5,000 events at most, several thousand usually fit.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "Another content type is needed",
        "The body's Content-Type is not one that this call reads.",
        "Send `Content-Type: application/json` (or what /docs lists for the call).",
    ),
    Kind(
        "invalid-fields",
        422,
        "Some fields are not as they must be",
        "The request was understood, but fields are missing, unknown or of the wrong form. Nothing was stored.",
        "`errors` names each field by JSON Pointer and says what is wrong with it; correct them and send it again.",
    ),
    Kind(
        "event-in-future",
        422,
        "The event lies in the future",
        "`occurred_at` is more than 5 minutes later than this service's clock. Nothing was stored, so it may be sent again.",
        "Check the clock of the sender, and that the time carries the right offset; then send it again under the same id.",
    ),
    Kind(
        "too-many-requests",
        429,
        "Too many requests",
        "More requests came than the operator allows in this time.",
        "Wait for as many seconds as `Retry-After` says; batches count as one request.",
    ),
    Kind(
        "unexpected",
        500,
        "Something unexpected happened",
        "This is a fault of the service. Whether it was stored is not known to the caller.",
        "Send the same request again with the same event id or Idempotency-Key: nothing is done twice. Tell the operator the request id.",
    ),
    Kind(
        "dependency-away",
        503,
        "A part of the service is away",
        "The database cannot be reached, or is too busy to answer in time. Nothing was acknowledged.",
        "Wait for as many seconds as `Retry-After` says and send all of it again: nothing is done twice.",
    ),
)

KINDS = {kind.slug: kind for kind in _KINDS}


def problem_kinds() -> tuple[Kind, ...]:
    """All kinds, by status; for the pages that explain them."""
    return _KINDS
