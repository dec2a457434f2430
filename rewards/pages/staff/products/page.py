"""The catalogue: what is on offer, how long it lasts, and changing it."""

from contextlib import closing
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from market.errors import ProductChanged, ProductKeyTaken, QuantityTooLow, StockNotCounted
from market.products import ProductRow, find_product, find_product_by_key
from rewards.errors import BadPicture
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.http.terms import request_today
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.staff.desk import Desk, at_the_desk, may
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.pages.staff.products.catalogue import Asked, read_catalogue
from rewards.pages.staff.products.form import change_form, details_of, new_form, new_product_of, quantity_form
from rewards.pages.staff.products.view import ProductPage, product_page
from rewards.pages.staff.products.words import STATUSES, Status, differences, period_names, status_names, stock_names
from rewards.pictures.redraw import redraw
from rewards.staff.products import NewProduct, add_picture, edit_product, make_product, restock

MANAGE = "staff:manage"
WORDS_MAX = 100
NEW = {"currency": "KRW", "stock": "codes", "for_sale": "true"}
"""What a new product's form begins with."""


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/products", view=products, needs="staff:view")
    desk.page("/products/new", view=new_product, needs=MANAGE)
    desk.form("/products/new", view=add_product, needs=MANAGE)
    desk.page("/products/<uuid:product_id>", view=product, needs="staff:view")
    desk.form("/products/<uuid:product_id>", view=save_product, needs=MANAGE)
    desk.form("/products/<uuid:product_id>/quantity", view=count_stock, needs=MANAGE)


def products() -> str:
    """The list."""
    frame = present_frame()
    with request_snapshot() as session:
        catalogue = read_catalogue(session, _asked(), locale=frame.locale, today=frame.today, now=request_now())
    return render_template("staff/products.html", catalogue=catalogue, status_names=status_names())


def new_product() -> str:
    """The form of a new product."""
    return _new_page(Filled(NEW))


def add_product() -> AnyResponse | tuple[str, int]:
    """Put a new product on the list."""
    form = _with_picture(read_form(new_form(here().settings.community_timezone)))
    if form.errors:
        return _new_page(form), 422
    new = new_product_of(form.values)
    try:
        with request_transaction() as session:
            made = make_product(session, new, actor=at_the_desk().actor, now=request_now())
    except ProductKeyTaken:
        same = _made_just_so(new)
        if same is None:
            return _new_page(_wrong(form, "key", gettext("Another product has this key."))), 422
        made = same
    say(gettext("The product is on the list."))
    return go_on(url_for("staff.product", product_id=made.product_id))


def product(product_id: UUID) -> str:
    """One product, with its form. Raises UnknownProduct."""
    with request_snapshot() as session:
        found = find_product(session, product_id, today=request_today())
        page = product_page(session, found, with_history=may(MANAGE))
    return _product_page(page)


def save_product(product_id: UUID) -> AnyResponse | tuple[str, int]:
    """Replace a product's details over the version that was read, or only show its card so. Raises UnknownProduct."""
    form = _with_picture(read_form(change_form(here().settings.community_timezone)))
    previewed = request.form.get("step") == "preview"
    if form.errors and previewed and request.headers.get("HX-Request"):
        # Somebody is typing still: the card stays as it was.
        return AnyResponse(status=204)
    if form.errors:
        return _again(product_id, form), 422
    if previewed:
        return _again(product_id, form), 200
    details = details_of(form.values)
    now, today, actor = request_now(), request_today(), at_the_desk().actor
    try:
        with request_transaction() as session:
            edit_product(
                session,
                product_id,
                details=details,
                version=form.values["version"],
                actor=actor,
                today=today,
                now=now,
            )
    except ProductChanged as changed:
        return _changed_meanwhile(product_id, form, have=changed.have)
    say(gettext("Saved. Members see it so from now on."))
    return go_on(url_for("staff.product", product_id=product_id))


def count_stock(product_id: UUID) -> AnyResponse:
    """Count the stock up or down, once however often the button is pressed. Raises UnknownProduct."""
    form, once = read_form(quantity_form()), once_of(request.form)
    if form.errors or once is None:
        refuse_aloud(form.errors.get("by") or gettext("The page was out of date. Nothing was changed."))
        return _back_to(product_id)
    by = form.values["by"]
    try:
        with request_transaction() as session:
            claim_form(session, once, said={"product": str(product_id), "by": str(by)})
            restock(session, product_id, by=by, actor=at_the_desk().actor, today=request_today(), now=request_now())
    except SentBefore:
        say(gettext("This was counted already; it was not counted twice."))
    except QuantityTooLow as low:
        refuse_aloud(gettext("Only %(left)s are left: not so many can be taken away.", left=f"{low.quantity:,}"))
    except StockNotCounted:
        refuse_aloud(gettext("This product's stock is not a number that can be counted."))
    else:
        say(gettext("The stock was counted: %(by)s.", by=f"{by:+,}".replace("-", "−")))
    return _back_to(product_id)


def _asked() -> Asked:
    known: dict[str, Status] = {status: status for status in STATUSES}
    wanted = request.args.get("q", "").strip()[:WORDS_MAX]
    return Asked(show=known.get(request.args.get("show", "")), words=wanted, after=request.args.get("after", ""))


def _with_picture(form: Filled) -> Filled:
    """The form with the picture that came along: kept at once, so that it stays while the rest is being mended."""
    upload = request.files.get("upload")
    if upload is None or not upload.filename:
        return form
    try:
        address = _keep(upload)
    except BadPicture as bad:
        return _wrong(form, "upload", _picture_words()[bad.problem])
    told = {"picture": address}
    values = {**form.values, **told, "drop_picture": False} if form.values else form.values
    return Filled({**form.given, **told, "drop_picture": ""}, values, form.errors)


def _keep(upload: FileStorage) -> str:
    with closing(upload):
        drawing = redraw(upload.read())
    with request_transaction() as session:
        kept = add_picture(session, drawing, actor=at_the_desk().actor, now=request_now())
    return kept.address


def _picture_words() -> dict[str, str]:
    return {
        "empty": gettext("The file is empty."),
        "too_many_bytes": gettext("The picture has more than 5 MB. Save it smaller."),
        "no_picture": gettext("This is no picture that we take: PNG, JPEG or WebP, please."),
        "broken": gettext("The picture breaks off or is damaged. Save it anew and try again."),
        "too_many_pixels": gettext("The picture is too large: 25 million pixels at most."),
        "animated": gettext("The picture moves. Choose one that stands still."),
    }


def _wrong(form: Filled, field: str, said: str) -> Filled:  # noqa: PLR0917 -- a field and what is wrong with it
    return Filled(form.given, form.values, {**form.errors, field: said})


def _made_just_so(new: NewProduct) -> ProductRow | None:
    """The product of that key, if it is this very one: the button was pressed twice."""
    with request_snapshot() as session:
        found = find_product_by_key(session, new.key, today=request_today())
    return found if found.version == 1 and (found.details, found.stock) == (new.details, new.stock) else None


def _again(product_id: UUID, form: Filled) -> str:
    with request_snapshot() as session:
        found = find_product(session, product_id, today=request_today())
        typed = None if form.errors else details_of(form.values)
        return _product_page(product_page(session, found, with_history=may(MANAGE), form=form, typed=typed))


def _changed_meanwhile(product_id: UUID, form: Filled, *, have: int) -> AnyResponse | tuple[str, int]:
    """Show what somebody else has stored beside what was typed; sent once more, what was typed is stored."""
    typed = details_of(form.values)
    with request_snapshot() as session:
        found = find_product(session, product_id, today=request_today())
        differing = differences(found.details, typed, frame=present_frame())
        if not differing:
            say(gettext("Saved. Members see it so from now on."))
            return _back_to(product_id, page_changes=True)
        kept = Filled({**form.given, "version": str(have)}, form.values)
        page = product_page(session, found, with_history=may(MANAGE), form=kept, typed=typed, differences=differing)
    return _product_page(page), 409


def _product_page(page: ProductPage) -> str:
    return render_template("staff/product.html", page=page, once=new_once(), **_choices())


def _new_page(form: Filled) -> str:
    return render_template("staff/product_new.html", form=form, **_choices())


def _choices() -> dict[str, Any]:
    return {"periods": period_names(), "stocks": stock_names(), "status_names": status_names()}


def _back_to(product_id: UUID, *, page_changes: bool = False) -> AnyResponse:
    return go_on(url_for("staff.product", product_id=product_id), page_changes=page_changes)
