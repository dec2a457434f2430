"""An upload drawn anew as WebP: of what was sent, only what the eye sees is kept. Asks nobody and stores nothing."""

import io
import struct
import zlib
from dataclasses import dataclass, field
from threading import Lock

from PIL import Image, ImageOps

from rewards.errors import BadPicture

BYTES_MAX = 5 * 1024 * 1024
PIXELS_MAX = 25_000_000
"""A larger one would take more than 100 MB of memory while it is drawn."""
SIDE_MAX = 960
MEDIA_TYPE = "image/webp"
_QUALITY = 84
_FORMATS = ("PNG", "JPEG", "WEBP")
_SIGNS_OF_NOT_BEING_ONE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError, AttributeError),
    *(struct.error, zlib.error, MemoryError),
)
"""Whatever a decoder stumbles over in a file that was cut, patched or made to harm."""
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture ready to be kept: WebP without metadata, `width` and `height` in pixels, SIDE_MAX at most."""

    content: bytes = field(repr=False)
    width: int
    height: int


def redraw(content: bytes) -> Drawing:
    """Draw a PNG, JPEG or WebP anew: turned as its camera meant it, made smaller, its colours as they are.

    One at a time in this process, so that the memory for it is bounded. Raises BadPicture.
    """
    if not content:
        raise BadPicture("empty")
    if len(content) > BYTES_MAX:
        raise BadPicture("too_many_bytes")
    with _one_at_a_time:
        drawn = _draw(content)
        target = io.BytesIO()
        drawn.save(target, "WEBP", quality=_QUALITY, method=4)
    return Drawing(content=target.getvalue(), width=drawn.width, height=drawn.height)


def _draw(content: bytes) -> Image.Image:
    try:
        # Only the head is read here: what it says is judged before a single pixel is unpacked.
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check(image)
            image.draft("RGB", (SIDE_MAX * 2, SIDE_MAX * 2))
            return _only_pixels(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture("too_many_pixels") from None
    except _SIGNS_OF_NOT_BEING_ONE:
        raise BadPicture(_why_unreadable(content)) from None


def _check(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_MAX:
        raise BadPicture("too_many_pixels")
    # A camera's JPEG may hold a second view of the same moment (MPO): the first is the picture.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise BadPicture("animated")


def _only_pixels(image: Image.Image) -> Image.Image:
    """The picture's pixels in a new image: profiles, comments, positions and foreign bytes stay behind."""
    plain = _in_colours(_turned(image))
    plain.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _turned(image: Image.Image) -> Image.Image:
    """As the camera was held; as it lies where the camera's notes cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except _SIGNS_OF_NOT_BEING_ONE:
        return image


def _in_colours(image: Image.Image) -> Image.Image:
    """RGB, with alpha where something shines through. Deep greys are brought down to eight bits, not cut off."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _why_unreadable(content: bytes) -> str:
    head = content[:12]
    known = head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")
    return "broken" if known else "no_picture"
