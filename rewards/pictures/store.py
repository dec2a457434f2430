"""Pictures in the database, by the digest of their content: an address never shows another picture."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.errors import UnknownThing
from rewards.pictures.redraw import MEDIA_TYPE, Drawing

_ADDRESS = re.compile(r"/pictures/([0-9a-f]{64})\.webp")
_KEEP = text(
    "insert into picture (digest, media_type, width, height, content, added_by, added_at)"
    " values (:digest, :media_type, :width, :height, :content, :by, :now) on conflict (digest) do nothing"
)
_READ = text("select media_type, content from picture where digest = :digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that is kept: where it is found on this host, and its size in pixels."""

    address: str
    width: int
    height: int


def keep_picture(session: Session, drawing: Drawing, *, by: str, now: datetime) -> Picture:
    """Keep a picture; one that is kept already stays as it was first added."""
    digest = sha256(drawing.content).digest()
    values = {"width": drawing.width, "height": drawing.height, "content": drawing.content, "by": by, "now": now}
    session.execute(_KEEP, {**values, "digest": digest, "media_type": MEDIA_TYPE})
    return Picture(address=address_of(digest), width=drawing.width, height=drawing.height)


def read_picture(session: Session, digest: bytes) -> tuple[str, bytes]:
    """The media type and the content of a picture. Raises UnknownThing."""
    row = session.execute(_READ, {"digest": digest}).one_or_none()
    if row is None:
        raise UnknownThing("picture", digest.hex())
    return row.media_type, bytes(row.content)


def address_of(digest: bytes) -> str:
    """Where the picture of that digest is found, on this host."""
    return f"/pictures/{digest.hex()}.webp"


def digest_in(address: str) -> bytes | None:
    """The digest that an address of a picture names; none for any other address."""
    found = _ADDRESS.fullmatch(address)
    return bytes.fromhex(found[1]) if found else None
