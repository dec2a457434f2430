"""Uploads are drawn anew: what the eye sees stays, everything else is left behind or refused in words."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from rewards.errors import BadPicture
from rewards.pictures.redraw import BYTES_MAX, SIDE_MAX, redraw

# Pillow warns of heads that are not right; what becomes of the file is what these tests look at.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]

SECRET = b"GPS 37.5665 N 126.9780 E"
SCRIPT = b"<script>alert(document.domain)</script>"


def written(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def why_refused(content: bytes) -> str:
    with pytest.raises(BadPicture) as refused:
        redraw(content)
    return refused.value.problem


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *, rows: bytes = b"") -> bytes:
    """A PNG that says it is so large, however little is in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_each_kind_comes_out_as_webp_with_its_colours(kind: str) -> None:
    drawn = redraw(written(Image.new("RGB", (80, 50), (200, 40, 40)), kind))

    image = opened(drawn.content)
    assert (image.format, image.size, image.mode) == ("WEBP", (80, 50), "RGB")
    assert (drawn.width, drawn.height) == (80, 50)
    assert_near(image.getpixel((40, 25)), (200, 40, 40))


def assert_near(pixel: Any, wanted: tuple[int, ...]) -> None:
    assert all(abs(found - meant) <= 12 for found, meant in zip(pixel, wanted, strict=True)), pixel


@pytest.mark.parametrize("size", [(4000, 100), (100, 4000), (961, 961), (5000, 1), (960, 2)])
def test_a_large_picture_is_made_smaller_and_keeps_its_form(size: tuple[int, int]) -> None:
    drawn = redraw(written(Image.new("RGB", size, "teal")))

    assert max(drawn.width, drawn.height) <= SIDE_MAX
    scale = min(1, SIDE_MAX / max(size))
    assert abs(drawn.width - size[0] * scale) <= 1
    assert abs(drawn.height - size[1] * scale) <= 1


def test_what_a_camera_notes_is_gone_but_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()
    lying = Image.new("RGB", (200, 100), "white")
    lying.paste("red", (0, 0, 40, 100))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    content = redraw(written(lying, "JPEG", exif=exif, icc_profile=profile, comment=SECRET)).content

    image = opened(content)
    assert image.size == (100, 200)
    assert_near(image.getpixel((50, 10)), (255, 0, 0))
    assert image.info.keys() & {"exif", "icc_profile", "xmp", "comment"} == set()
    assert SECRET not in content
    assert not image.getexif()


@pytest.mark.parametrize(
    "hidden",
    [
        written(Image.new("RGB", (9, 9))) + SCRIPT,
        written(Image.new("RGB", (9, 9)), "JPEG") + SCRIPT,
        written(Image.new("RGB", (9, 9)), "JPEG", comment=SCRIPT),
        written(Image.new("RGB", (9, 9)), "JPEG") + b"PK\x03\x04" + SCRIPT,
        written(Image.new("RGB", (9, 9)), "WEBP", xmp=SCRIPT),
    ],
    ids=["behind a PNG", "behind a JPEG", "in a comment", "an archive behind", "in XMP"],
)
def test_what_hides_in_or_behind_a_picture_is_not_kept(hidden: bytes) -> None:
    content = redraw(hidden).content

    assert b"script" not in content
    assert b"PK\x03\x04" not in content
    assert opened(content).size == (9, 9)


@pytest.mark.parametrize(
    "image,pixel",
    [
        (Image.new("CMYK", (8, 8), (255, 0, 0, 0)), (0, 255, 255)),
        (Image.new("L", (8, 8), 128), (128, 128, 128)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.new("P", (8, 8), 0), (0, 0, 0)),
        (Image.new("I;16", (8, 8), 40_000), (156, 156, 156)),
    ],
    ids=["CMYK", "grey", "black and white", "palette", "deep grey"],
)
def test_every_kind_of_colours_is_understood(image: Image.Image, pixel: tuple[int, int, int]) -> None:
    drawn = redraw(written(image, "JPEG" if image.mode == "CMYK" else "PNG"))

    found = opened(drawn.content)
    assert found.mode == "RGB"
    assert_near(found.getpixel((4, 4)), pixel)


@pytest.mark.parametrize("kind", ["palette", "LA", "RGBA", "RGB with a clear colour"])
def test_what_shines_through_still_does(kind: str) -> None:
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    content = {
        "palette": lambda: written(palette, transparency=0),
        "LA": lambda: written(Image.new("LA", (8, 8), (200, 0))),
        "RGBA": lambda: written(Image.new("RGBA", (8, 8), (9, 9, 9, 0)), "WEBP"),
        "RGB with a clear colour": lambda: written(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3)),
    }[kind]()

    image = opened(redraw(content).content)

    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 0)


def test_a_bomb_is_known_by_its_head_before_it_is_unpacked() -> None:
    assert why_refused(png_of(60_000, 60_000)) == "too_many_pixels"
    assert why_refused(png_of(9_500, 9_500)) == "too_many_pixels"
    assert why_refused(png_of(5_001, 5_000)) == "too_many_pixels"
    assert why_refused(png_of(2**31 - 1, 2**31 - 1)) in ("too_many_pixels", "broken")


def test_a_text_that_unpacks_to_very_much_is_never_unpacked() -> None:
    packed = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 60_000_000, 9))
    picture = written(Image.new("RGB", (100, 100)))
    head = picture.index(b"IDAT") - 4

    assert why_refused(picture[:head] + packed + picture[head:]) == "broken"


@pytest.mark.parametrize(
    "content,problem",
    [
        (b"", "empty"),
        (b"\0" * (BYTES_MAX + 1), "too_many_bytes"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no_picture"),
        (written(Image.new("RGB", (9, 9)), "GIF"), "no_picture"),
        (written(Image.new("RGB", (9, 9)), "BMP"), "no_picture"),
        (written(Image.new("RGB", (9, 9)), "TIFF"), "no_picture"),
        (written(Image.new("RGB", (9, 9)), "PDF"), "no_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no_picture"),
        (SCRIPT, "no_picture"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"\xff\xd8\xff", "broken"),
        (b"RIFF\x0c\0\0\0WEBPVP8 ", "broken"),
        (written(Image.effect_noise((200, 200), 90).convert("RGB"))[:-4000], "broken"),
        (written(Image.effect_noise((200, 200), 90).convert("RGB"), "JPEG")[:3000], "broken"),
        (written(Image.effect_noise((200, 200), 90).convert("RGB"), "WEBP")[:3000], "broken"),
    ],
    ids=[
        *("0 bytes", "too large", "SVG", "GIF", "BMP", "TIFF", "PDF", "EPS", "HTML"),
        *("a PNG's head", "a JPEG's head", "a WebP's head", "cut PNG", "cut JPEG", "cut WebP"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, problem: str) -> None:
    assert why_refused(content) == problem


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]

    assert why_refused(written(frames[0], kind, save_all=True, append_images=frames[1:])) == "animated"


def test_the_first_view_of_a_cameras_pair_is_taken() -> None:
    views = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]

    image = opened(redraw(written(views[0], "MPO", save_all=True, append_images=views[1:])).content)

    assert_near(image.getpixel((20, 20)), (254, 0, 0))


def test_notes_of_a_camera_that_cannot_be_read_do_not_cost_the_picture() -> None:
    content = written(Image.new("RGB", (30, 20), "navy"), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")

    assert (redraw(content).width, redraw(content).height) == (30, 20)


def test_the_same_picture_is_drawn_the_same_each_time() -> None:
    content = written(Image.effect_noise((120, 80), 60).convert("RGB"))

    assert redraw(content).content == redraw(content).content


@pytest.fixture(scope="module")
def small_files() -> list[bytes]:
    noise = Image.effect_noise((24, 24), 90)
    return [written(noise.convert("RGB"), kind) for kind in ("PNG", "JPEG", "WEBP")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_file_is_drawn_or_refused_and_never_more(small_files: list[bytes], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(small_files)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))

    for damaged in (bytes(content), bytes(content[:cut])):
        try:
            drawn = redraw(damaged)
        except BadPicture:
            continue
        assert max(drawn.width, drawn.height) <= SIDE_MAX
        assert opened(drawn.content).format == "WEBP"
