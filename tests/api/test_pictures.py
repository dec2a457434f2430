"""Pictures over HTTP: uploaded by whoever manages products, asked for by anybody, kept for good by browsers."""

import io

import pytest
from PIL import Image
from sqlalchemy import Engine, text

from rewards.runtime.database import transaction
from tests.support.http import Caller, Forum, problem_of

KEPT_FOR_GOOD = "public, max-age=31536000, immutable"


def png(colour: str = "tomato", size: tuple[int, int] = (160, 100)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def manager(forum: Forum) -> Caller:
    return forum.staff("manager", name="mina")


def test_a_picture_is_uploaded_and_anybody_sees_it(manager: Caller, forum: Forum) -> None:
    kept = manager.post("/v1/staff/pictures", data=png(), content_type="image/png")
    address = kept.get_json()["picture"]

    seen = forum.anybody().get(address)

    assert kept.status_code == 201
    assert kept.get_json() == {"picture": address, "width": 160, "height": 100}
    assert (seen.status_code, seen.content_type) == (200, "image/webp")
    assert seen.headers["Cache-Control"] == KEPT_FOR_GOOD
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in seen.headers["Content-Security-Policy"]
    assert "Cookie" not in seen.headers.get("Vary", "")
    assert Image.open(io.BytesIO(seen.data)).format == "WEBP"


def test_whoever_has_a_picture_is_not_sent_it_again(manager: Caller, forum: Forum) -> None:
    address = manager.post("/v1/staff/pictures", data=png(), content_type="image/png").get_json()["picture"]
    etag = forum.anybody().get(address).headers["ETag"]

    again = forum.anybody().get(address, headers={"If-None-Match": etag})
    other = forum.anybody().get(address, headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Cache-Control"] == KEPT_FOR_GOOD
    assert other.status_code == 200


def test_the_same_picture_is_kept_once_and_each_upload_is_in_the_audit(manager: Caller, engine: Engine) -> None:
    first = manager.post("/v1/staff/pictures", data=png(), content_type="image/png").get_json()
    second = manager.post("/v1/staff/pictures", data=png(), content_type="image/webp").get_json()

    assert first == second
    with transaction(engine) as session:
        kept = session.execute(text("select added_by, media_type, width, height from picture")).all()
        noted = session.execute(text("select actor, about from audit where action = 'picture.add'")).all()
    assert [tuple(row) for row in kept] == [("staff:mina", "image/webp", 160, 100)]
    assert [tuple(row) for row in noted] == [("staff:mina", f"picture:{first['picture']}")] * 2


@pytest.mark.parametrize(
    "path",
    [
        f"/pictures/{'0' * 64}.webp",
        f"/pictures/{'0' * 64}.png",
        f"/pictures/{'0' * 63}.webp",
        f"/pictures/{'A' * 64}.webp",
        "/pictures/x.webp",
        "/pictures/..%2f..%2fetc%2fpasswd",
        "/pictures/",
    ],
)
def test_what_is_no_address_of_a_picture_is_not_found(forum: Forum, path: str) -> None:
    problem_of(forum.anybody().get(path), 404, "not-found")


def test_what_is_no_picture_is_refused_and_nothing_is_kept(manager: Caller, engine: Engine) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"

    as_svg = manager.post("/v1/staff/pictures", data=svg, content_type="image/svg+xml")
    empty = manager.post("/v1/staff/pictures", data=b"", content_type="image/png")
    large = manager.post("/v1/staff/pictures", data=b"\0" * (5 * 1024 * 1024 + 1), content_type="image/png")
    json = manager.post("/v1/staff/pictures", json={"picture": "…"})

    assert "PNG, JPEG or WebP" in problem_of(as_svg, 422, "invalid-fields")["errors"][0]["message"]
    assert "empty" in problem_of(empty, 422, "invalid-fields")["errors"][0]["message"]
    assert "5 MB" in problem_of(large, 413, "body-too-large")["detail"]
    problem_of(json, 415, "unsupported-media-type")
    with transaction(engine) as session:
        assert session.execute(text("select count(*) from picture")).scalar() == 0


def test_a_product_shows_the_picture_that_was_uploaded(manager: Caller, forum: Forum) -> None:
    address = manager.post("/v1/staff/pictures", data=png(), content_type="image/png").get_json()["picture"]
    body = {
        "key": "coffee",
        "name": {"ko": "커피", "en": "Coffee"},
        "face_value": 5000,
        "currency": "KRW",
        "price": 100,
        "for_sale": True,
        "stock": "unlimited",
    }

    made = manager.post("/v1/staff/products", json=body | {"picture": address})

    assert made.get_json()["picture"] == address
    offered = forum.key("market:read").get("/v1/market/products").get_json()["items"]
    assert [item["picture"] for item in offered] == [address]
