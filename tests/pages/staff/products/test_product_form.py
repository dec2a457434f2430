"""A product's form: everything staff may say of it, what is refused and in which words, whose version it was."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from rewards.pages.staff.products.words import Status
from rewards.runtime.database import transaction
from tests.pages.staff.products.shelf import FILLED_IN, Keeper, form_of, keeper, made, png, text_of, upload
from tests.support.http import Caller, Forum
from tests.support.village import NOW


@pytest.fixture
def mina(forum: Forum) -> Keeper:
    return keeper(forum, name="mina")


@pytest.fixture
def backend(forum: Forum) -> Caller:
    return forum.key("staff:manage")


def stored(backend: Caller, path: str) -> dict[str, Any]:
    return backend.get(f"/v1{path}").get_json()


def test_a_product_is_put_on_the_list_with_everything_that_was_said(mina: Keeper, backend: Caller) -> None:
    one = made(
        mina,
        description_ko="아메리카노 한 잔\r\n어느 지점에서나",
        brand="달빛커피",
        on_sale_from="2026-12-01T10:00",
        on_sale_until="2026-12-24T23:59",
        limit_period="week",
        limit_times="2",
        needs_approval="true",
        position="-3",
        upload=upload(png()),
    )

    product = stored(backend, one)
    picture = product.pop("picture")
    assert re.fullmatch(r"/pictures/[0-9a-f]{64}\.webp", picture)
    assert {name: product[name] for name in product if name not in ("id", "stock")} == {
        "key": "coffee-5000",
        "name": {"ko": "커피 5,000원권", "en": "5,000 won coffee card"},
        "description": {"ko": "아메리카노 한 잔\n어느 지점에서나", "en": ""},
        "brand": "달빛커피",
        "face_value": 5000,
        "currency": "KRW",
        "price": 500,
        "sold_out": True,
        "on_sale_from": "2026-12-01T01:00:00.000Z",
        "on_sale_until": "2026-12-24T14:59:00.000Z",
        "limit": {"times": 2, "period": "week"},
        "needs_approval": True,
        "for_sale": True,
        "position": -3,
        "version": 1,
    }
    shown = mina.page(one)
    assert picture in shown
    assert 'value="2026-12-01T10:00"' in shown
    assert "The product is on the list." in shown


def test_saving_what_was_opened_changes_nothing(mina: Keeper, backend: Caller) -> None:
    one = made(mina, on_sale_from="2026-11-01T10:00:30", limit_period="ever", limit_times="1", brand='"Bean" & <Co>')
    before = stored(backend, one)

    done = mina.send(one, form_of(mina, one))

    assert done.status_code == 303
    assert stored(backend, one) == before | {"version": 2}


@pytest.mark.parametrize(
    "wrong,said",
    [
        ({"price": "0"}, "costs at least one point"),
        ({"price": "many"}, "A whole number from 0"),
        ({"price": "1.5"}, "A whole number from 0"),
        ({"price": "-5"}, "A whole number from 0"),
        ({"price": "9" * 14}, "A whole number from 0"),
        ({"name_ko": " "}, "Please fill this in."),
        ({"name_en": "x" * 201}, "At most 200 characters."),
        ({"name_en": "a\x07b"}, "without special characters"),
        ({"brand": "two\nlines"}, "One line of text"),
        ({"currency": "won!"}, "Three letters, like KRW."),
        ({"on_sale_from": "soon"}, "A date and a time"),
        ({"on_sale_from": "1901-01-01T00:00"}, "A date and a time"),
        ({"on_sale_from": "2026-01-01T00:00Z"}, "A date and a time"),
        ({"on_sale_from": "2026-12-02T10:00", "on_sale_until": "2026-12-02T10:00"}, "The end lies after"),
        ({"limit_period": "week"}, "How many times?"),
        ({"limit_times": "2"}, "In which time?"),
        ({"limit_times": "2", "limit_period": "hour"}, "Choose one."),
        ({"position": "first"}, "A whole number from -100,000"),
        ({"key": "Coffee 5000"}, "Small letters, digits and hyphens"),
        ({"stock": "heaps"}, "Choose one."),
        ({"stock": "number"}, "How many are there?"),
        ({"stock": "number", "quantity": "-1"}, "A whole number from 0"),
        ({"picture": "/a\x00b"}, "One line of text"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_what_is_not_right_is_said_at_its_field_and_the_rest_stays_as_typed(
    mina: Keeper, backend: Caller, wrong: dict[str, str], said: str
) -> None:
    refused = mina.send("/staff/products/new", FILLED_IN | {"brand": "Moonlight"} | wrong)

    page = text_of(refused)
    assert refused.status_code == 422
    assert said in page
    assert "nothing was changed" in page
    assert ('value="Moonlight"' in page) == ("brand" not in wrong)
    assert [
        item for item in backend.get("/v1/staff/products").get_json()["items"] if item["key"] == "coffee-5000"
    ] == []


def test_a_key_that_is_taken_is_said_at_the_key_and_a_double_click_makes_one_product(mina: Keeper) -> None:
    first = made(mina)

    again = mina.send("/staff/products/new", FILLED_IN)
    other = mina.send("/staff/products/new", FILLED_IN | {"price": "700"})

    assert (again.status_code, again.headers["Location"]) == (303, first)
    assert other.status_code == 422
    assert "Another product has this key." in text_of(other)


def test_of_two_who_change_a_product_the_second_is_shown_what_differs_and_loses_nothing(
    forum: Forum, mina: Keeper, backend: Caller
) -> None:
    one = made(mina)
    jun = keeper(forum, name="jun")
    minas, juns = form_of(mina, one, price="600"), form_of(jun, one, price="700", brand="Bean")
    assert mina.send(one, minas).status_code == 303

    refused = jun.send(one, juns)

    page = text_of(refused)
    assert refused.status_code == 409
    assert "Somebody else has changed this product meanwhile" in page
    assert re.search(r"Price in points</th><td>600P</td><td>700P</td>", page)
    assert re.search(r"Brand</th><td>–</td><td>Bean</td>", page)
    assert re.search(r'name="price"[^>]* value="700"', page)
    assert (stored(backend, one)["price"], stored(backend, one)["version"]) == (600, 2)
    # Sent once more, knowing what is stored, it counts.
    assert jun.send(one, juns | {"version": "2"}).status_code == 303
    assert (stored(backend, one)["price"], stored(backend, one)["brand"]) == (700, "Bean")


def test_a_preview_stores_nothing_and_says_what_is_not_right(mina: Keeper, backend: Caller) -> None:
    one = made(mina)

    shown = mina.send(one, form_of(mina, one, price="600", brand="Bean", step="preview"))
    wrong = mina.send(one, form_of(mina, one, price="many", step="preview"))

    assert (shown.status_code, wrong.status_code) == (200, 422)
    assert 'value="Bean"' in text_of(shown)
    assert "600<span" in text_of(shown).partition('id="preview"')[2]
    assert "A whole number from 0" in text_of(wrong)
    assert stored(backend, one)["version"] == 1


def test_a_double_click_on_save_is_no_conflict(mina: Keeper, backend: Caller) -> None:
    one = made(mina)
    form = form_of(mina, one, price="600")

    answers = [mina.send(one, form).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert stored(backend, one)["version"] == 2


def test_a_picture_stays_while_the_rest_of_the_form_is_mended(mina: Keeper, backend: Caller) -> None:
    refused = mina.send("/staff/products/new", FILLED_IN | {"price": "many", "upload": upload(png())})
    kept = re.search(r'name="picture" value="(/pictures/\w+\.webp)"', text_of(refused))
    assert kept

    one = made(mina, picture=kept[1])

    assert stored(backend, one)["picture"] == kept[1]
    assert mina.send(one, form_of(mina, one, drop_picture="true")).status_code == 303
    assert stored(backend, one)["picture"] is None


@pytest.mark.parametrize(
    "content,said",
    [
        (b"", "The file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture that we take"),
        (b"\0" * (5 * 1024 * 1024 + 1), "more than 5 MB"),
        (png()[:-30], "breaks off or is damaged"),
        (png(size=(5001, 5000)), "25 million pixels at most"),
    ],
    ids=["empty", "SVG", "large", "cut", "pixels"],
)
def test_a_picture_that_cannot_be_taken_is_said_at_its_field(mina: Keeper, content: bytes, said: str) -> None:
    refused = mina.send("/staff/products/new", FILLED_IN | {"upload": upload(content)})

    assert refused.status_code == 422
    assert said in text_of(refused)
    assert 'value="커피 5,000원권"' in text_of(refused)


def test_a_picture_of_another_host_is_neither_taken_nor_shown(mina: Keeper, backend: Caller) -> None:
    one = made(mina, picture="https://elsewhere.example/track.png")

    assert stored(backend, one)["picture"] is None
    assert "elsewhere.example" not in mina.page(one)


def test_a_stock_is_counted_once_however_often_the_button_is_pressed(mina: Keeper, backend: Caller) -> None:
    one = made(mina, stock="number", quantity="2")
    once = re.search(r'name="once" value="([^"]+)"', mina.page(one))
    assert once

    for _ in range(2):
        assert mina.send(f"{one}/quantity", {"once": once[1], "by": "+1,000"}, opened=one).status_code == 303
    assert "not counted twice" in mina.page(one)

    assert stored(backend, one)["stock"]["left"] == 1002
    fresh = mina.hidden(one)["once"]
    mina.send(f"{one}/quantity", {"once": fresh, "by": "−2000"}, opened=one)
    assert "Only 1,002 are left" in mina.page(one)
    for nonsense in ({"by": "some", "once": fresh}, {"by": "5", "once": "made up"}, {"by": "5"}, {}):
        assert mina.send(f"{one}/quantity", nonsense, opened=one).status_code == 303
    assert stored(backend, one)["stock"]["left"] == 1002


def test_codes_are_not_counted_by_hand(mina: Keeper) -> None:
    number, codes = made(mina, stock="number", quantity="1"), made(mina, key="by-codes")

    mina.send(f"{codes}/quantity", {"once": mina.hidden(number)["once"], "by": "5"}, opened=codes)

    assert "not a number that can be counted" in mina.page(codes)


def test_each_step_is_in_the_audit_as_the_api_writes_it_and_on_the_products_page(mina: Keeper, engine: Engine) -> None:
    one = made(mina, stock="number", quantity="2")
    mina.send(one, form_of(mina, one, price="700"))
    mina.send(f"{one}/quantity", {"once": mina.hidden(one)["once"], "by": "5"}, opened=one)

    with transaction(engine) as session:
        lines = session.execute(text("select actor, action, about, detail from audit order by audit_id")).all()
    about = f"product:{one.rpartition('/')[2]}"
    assert [tuple(line) for line in lines] == [
        ("staff:mina", "product.create", about, {"key": "coffee-5000", "version": 1}),
        ("staff:mina", "product.change", about, {"key": "coffee-5000", "version": 2}),
        ("staff:mina", "product.quantity", about, {"key": "coffee-5000", "version": 2, "by": 5}),
    ]
    said = re.findall(r"<li><b>mina</b> (.*?) ·", mina.page(one))
    assert said == ["counted +5", "changed", "put on the list"]


@pytest.mark.parametrize(
    "fields,status",
    [
        ({"stock": "unlimited"}, "on_sale"),
        ({"stock": "number", "quantity": "0"}, "sold_out"),
        ({"stock": "unlimited", "for_sale": None}, "off"),
        ({"stock": "unlimited", "on_sale_from": "2026-11-24T13:19"}, "planned"),
        ({"stock": "unlimited", "on_sale_until": "2026-11-24T13:18"}, "off"),
    ],
)
def test_a_product_stands_as_its_dates_and_its_stock_say(mina: Keeper, fields: dict[str, Any], status: Status) -> None:
    given = {name: value for name, value in (FILLED_IN | fields).items() if value is not None}

    done = mina.send("/staff/products/new", given)

    assert done.status_code == 303
    listed = mina.page("/staff/products", show=status)
    assert "5,000 won coffee card" in listed
    assert f"{NOW + timedelta(0):%Y}" in mina.page(done.headers["Location"])
