"""Pictures of products, from this host: the address names the content, so a browser asks for each once."""

from flask import Blueprint, Response, request

from rewards.errors import UnknownThing
from rewards.http.surroundings import request_snapshot
from rewards.pictures.store import digest_in, read_picture

KEEP_S = 31_536_000


def add_to(pages: Blueprint) -> None:
    """Add the address of pictures."""
    pages.add_url_rule("/pictures/<name>", "picture", picture)


def picture(name: str) -> Response:
    """One picture. Raises UnknownThing."""
    digest = digest_in(request.path)
    if digest is None:
        raise UnknownThing("picture", name)
    # Whoever names the digest has had this content: it never changes, so nobody need be asked.
    known = digest.hex() in request.if_none_match
    media_type, content = ("image/webp", b"") if known else _read(digest)
    response = Response(content, status=304 if known else 200, mimetype=media_type)
    response.headers["Cache-Control"] = f"public, max-age={KEEP_S}, immutable"
    response.set_etag(digest.hex())
    return response


def _read(digest: bytes) -> tuple[str, bytes]:
    with request_snapshot() as session:
        return read_picture(session, digest)
