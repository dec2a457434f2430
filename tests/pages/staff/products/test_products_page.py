"""The list of products: what is there, how it stands, and what each role may do with it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from rewards.access.scopes import Role
from rewards.runtime.database import transaction
from tests.pages.staff.products.shelf import FILLED_IN, Keeper, form_of, keeper, made, png, text_of, upload
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum
from tests.support.village import NOW, READER
from tests.support.world import World

PATHS = ("/staff/products", "/staff/products/new", "{one}", "{one}/codes")
FORMS = ("/staff/products/new", "{one}", "{one}/quantity", "{one}/codes")


@pytest.fixture
def mina(forum: Forum) -> Keeper:
    return keeper(forum, name="mina")


def names_on(page: str) -> list[str]:
    return re.findall(r'<div class="named">.*?<a [^>]*>(.*?)</a>', page, re.DOTALL)


def give(forum: Forum, points: int) -> Caller:
    """A member with points."""
    body = {"member_id": READER, "points": points, "reason": "test"}
    assert forum.key("staff:manage", "members:write").put(f"/v1/members/{READER}", json={}).status_code < 300
    assert forum.key("staff:manage").post("/v1/staff/adjustments", json=body).status_code == 201
    return forum.member(READER)


def test_the_list_says_what_is_left_until_when_and_what_waits(forum: Forum, mina: Keeper, clock: SettableClock) -> None:
    made(mina, stock="number", quantity="6", key="coffee")
    made(mina, stock="number", quantity="0", key="cake", name_en="Cake")
    made(mina, stock="unlimited", key="donate", name_en="Donation", for_sale="")
    member = give(forum, 5_000)
    for _ in range(2):
        assert member.post("/v1/market/redemptions", json={"product": "coffee"}).status_code == 201
    clock.set(NOW + timedelta(days=1))
    mina = keeper(forum)

    page = mina.page("/staff/products")

    row = next(row for row in page.split("<tr>") if ">5,000 won coffee card<" in row)
    assert "runs out in two days" in row
    assert '<b class="number">2</b>' in row
    assert "Sold out 1" in page
    assert "unlimited" in page
    assert names_on(mina.page("/staff/products", show="sold_out")) == ["Cake"]
    assert names_on(mina.page("/staff/products", q="cake")) == ["Cake"]
    assert "Donation" in names_on(mina.page("/staff/products", show="off"))
    assert "No product is like that." in mina.page("/staff/products", q="nothing")


def test_a_catalogue_of_a_thousand_is_paged_and_each_page_is_small(mina: Keeper, world: World) -> None:
    columns = (
        "product_id, key, name_ko, name_en, face_value, currency, price, for_sale, stock, quantity,"
        " created_at, updated_at"
    )
    world.execute(
        f"insert into product ({columns}) select gen_random_uuid(), 'card-' || n, repeat('가', 40), 'Card ' || n, 5000,"
        " 'KRW', n, true, 'number', n, :now, :now from generate_series(1, 1000) n",
        now=NOW,
    )
    seen: list[str] = []
    address = "/staff/products?show=on_sale"
    while address:
        page = mina.get(address)
        assert len(page.data) < 60_000
        seen += names_on(text_of(page))
        onward = re.search(r'rel="next" href="([^"]+)"', text_of(page))
        address = onward[1] if onward else ""

    assert seen == [f"Card {number}" for number in range(1, 1001)]


@pytest.mark.parametrize("role", ["viewer", "fulfiller"])
def test_whoever_may_not_manage_looks_and_is_shown_no_forms(forum: Forum, mina: Keeper, role: Role) -> None:
    one = made(mina, stock="codes", brand="Bean")
    other = keeper(forum, role)

    seen = {path: other.get(path.format(one=one)) for path in PATHS}
    sent = {path: other.send(path.format(one=one), FILLED_IN | {"by": "5", "lines": "A-1"}) for path in FORMS}

    assert {path: answer.status_code for path, answer in seen.items()} == {
        "/staff/products": 200,
        "/staff/products/new": 403,
        "{one}": 200,
        "{one}/codes": 200,
    }
    assert {answer.status_code for answer in sent.values()} == {403}
    page = text_of(seen["{one}"])
    assert "Bean" in page
    assert "Who did what" not in page
    for answer in (seen["/staff/products"], seen["{one}"], seen["{one}/codes"]):
        main = text_of(answer).partition("<main")[2].partition("</main>")[0]
        assert 'method="post"' not in main
        assert "/staff/products/new" not in main


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_proof_or_of_another_session_changes_nothing(forum: Forum, mina: Keeper, path: str) -> None:
    one = made(mina, stock="number", quantity="1")
    theirs = keeper(forum).hidden("/staff/products/new")["csrf"]
    form = form_of(mina, one) | FILLED_IN | {"key": "other", "by": "5", "lines": "A-1", "upload": upload(png())}

    for proof in ("", "0" * 64, theirs):
        refused = mina.client.post(
            path.format(one=one),
            data=form | {"csrf": proof, "upload": upload(png())},
            content_type="multipart/form-data",
        )
        assert refused.status_code == 403
        assert "out of date" in text_of(refused)
    with transaction(forum.engine) as session:
        assert session.execute(text("select count(*) from picture")).scalar() == 0
        assert session.execute(text("select count(*) from product where key = 'other'")).scalar() == 0


def test_whoever_is_not_signed_in_goes_to_the_sign_in(forum: Forum, mina: Keeper) -> None:
    one = made(mina)

    for path in PATHS:
        asked = forum.app.test_client().get(path.format(one=one))
        assert asked.status_code == 303
        assert asked.headers["Location"].startswith("/staff/sign-in?next=/staff/products")


def test_a_product_that_is_not_there_is_said_so(mina: Keeper) -> None:
    nobody = "/staff/products/00000000-0000-0000-0000-000000000000"

    for answer in (mina.get(nobody), mina.get(f"{nobody}/codes"), mina.get("/staff/products/coffee")):
        assert answer.status_code == 404
        assert "There is no such page" in text_of(answer)


def test_names_of_all_kinds_are_shown_as_they_are(mina: Keeper) -> None:
    strange = ("<script>alert(1)</script>", "مرحبا بالعالم", "🦊" * 20, "w" * 200)

    for number, name in enumerate(strange):
        one = made(mina, key=f"card-{number}", name_en=name)
        assert name in mina.page(one)
        assert "<script>alert" not in mina.get(one).get_data(as_text=True)
    assert "<script>alert" not in mina.get("/staff/products").get_data(as_text=True)
