"""Codes from CSV into the stock: tried first, then taken in exactly so. What was sent is kept nowhere in between."""

import hmac
from contextlib import closing
from hashlib import sha256
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from market.codes import Imported, code_keys
from market.products import ProductRow, find_product
from rewards.errors import UnknownThing, UnreadableFile
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.http.terms import request_today
from rewards.pages import words
from rewards.pages.forms import go_on, say
from rewards.pages.frame import present_frame
from rewards.pages.staff.codes.view import CodesPage, Result, codes_page, day_words, file_words, result_of
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.staff.codes import take_in_codes, text_of_file

LINES_MAX = 50_000
_RULE = "/products/<uuid:product_id>/codes"


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page(_RULE, view=codes, needs="staff:view")
    desk.form(_RULE, view=import_lines, needs="staff:manage")


def codes(product_id: UUID) -> str:
    """The stock of a product, and the form to import more. Raises UnknownProduct, UnknownThing."""
    return _page(product_id)


def import_lines(product_id: UUID) -> AnyResponse | tuple[str, int]:
    """Try what was sent; or take it in, if this very text was tried before. Raises UnknownProduct, UnknownThing."""
    try:
        given = _given()
    except UnreadableFile as unreadable:
        return _page(product_id, wrong=file_words(unreadable.problem)), 422
    lines = given.splitlines()
    if not given.strip() or len(lines) > LINES_MAX:
        return _page(product_id, given=given, wrong=_how_many(lines)), 422
    proof = _proof(product_id, given)
    confirmed = request.form.get("step") == "import" and hmac.compare_digest(request.form.get("tried", ""), proof)
    done = _take_in(product_id, lines, dry_run=not confirmed)
    result = result_of(done, tried=not confirmed)
    if confirmed and not result.refused:
        taken = ngettext(
            "%(count)s code is in the stock now.",
            "%(count)s codes are in the stock now.",
            done.codes,
            count=words.number(done.codes),
        )
        say(taken)
        return go_on(url_for("staff.codes", product_id=product_id), page_changes=False)
    if confirmed:
        return _page(product_id, result=result), 200
    return _page(product_id, given=given, proof=proof, result=result, wrong=_since_then()), 200


def _given() -> str:
    """What was sent: the file, if there is one, else what was pasted. Raises UnreadableFile."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        with closing(upload):
            return text_of_file(upload.read())
    return request.form.get("lines", "").removeprefix("\ufeff")


def _how_many(lines: list[str]) -> str:
    if len(lines) > LINES_MAX:
        return gettext("At most %(max)s lines at once; send the rest afterwards.", max=words.number(LINES_MAX))
    return gettext("Paste lines or choose a file.")


def _since_then() -> str | None:
    """What to say where somebody wanted to take in what was not tried so."""
    if request.form.get("step") != "import":
        return None
    return gettext("The lines are not those that were tried. Nothing was taken in; here is how they stand now.")


def _proof(product_id: UUID, given: str) -> str:
    """Shows that this very text was tried for this product; browsers write line ends as they like."""
    said = f"codes {product_id}\n" + "\n".join(given.splitlines())
    return hmac.new(here().settings.secret_key.encode(), said.encode(), sha256).hexdigest()


def _take_in(product_id: UUID, lines: list[str], *, dry_run: bool) -> Imported:
    with request_transaction() as session:
        return take_in_codes(
            session,
            product_id,
            lines=lines,
            keys=code_keys(here().settings.code_keys),
            actor=at_the_desk().actor,
            today=request_today(),
            now=request_now(),
            dry_run=dry_run,
        )


def _page(
    product_id: UUID, *, given: str = "", proof: str = "", result: Result | None = None, wrong: str | None = None
) -> str:
    frame = present_frame()
    with request_snapshot() as session:
        page: CodesPage = codes_page(
            session,
            _with_codes(find_product(session, product_id, today=frame.today)),
            locale=frame.locale,
            today=frame.today,
            given=given,
            proof=proof,
            result=result,
            wrong=wrong,
        )
    days = [(day_words(day, locale=frame.locale, today=frame.today), day.codes) for day in page.first_days]
    return render_template("staff/codes.html", page=page, days=days)


def _with_codes(product: ProductRow) -> ProductRow:
    if product.stock != "codes":
        raise UnknownThing("stock of codes", product.key)
    return product
