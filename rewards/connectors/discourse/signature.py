"""Whether a request comes from the Discourse that shares our secret. Pure."""

import hmac

PREFIX = "sha256="


def is_signed(body: bytes, *, signature: str, secret: str) -> bool:
    """Whether `X-Discourse-Event-Signature` is the HMAC-SHA-256 of the body, as received, in hexadecimal."""
    if not signature.startswith(PREFIX) or not signature.isascii():
        return False
    expected = hmac.digest(secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(signature.removeprefix(PREFIX).lower(), expected)
