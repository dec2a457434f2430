"""Signing blocks with Ed25519, and whose signatures are trusted."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CONTEXT = b"forum-rewards ledger block v1\n"
"""Before the hash that is signed, so that no signature for something else passes for one of ours."""
PUBLIC = "pub:"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key that signs, and the public halves of all that are trusted, by their ids (16 hex digits)."""

    signing: Ed25519PrivateKey = field(repr=False)
    trusted: Mapping[str, Ed25519PublicKey]

    @property
    def key_id(self) -> str:
        """The id of the key that signs."""
        return key_id_of(self.signing.public_key())

    def sign(self, digest: bytes) -> bytes:
        """The signature of a block by its hash: 64 bytes."""
        return self.signing.sign(CONTEXT + digest)

    def is_signed(self, digest: bytes, *, key_id: str, signature: bytes) -> bool:
        """Whether a trusted key of that id has signed the hash."""
        key = self.trusted.get(key_id)
        if key is None:
            return False
        try:
            key.verify(signature, CONTEXT + digest)
        except InvalidSignature:
            return False
        return True


def keyring_of(keys: Sequence[str]) -> Keyring:
    """The keys as the settings list them, in URL-safe base64: the first is the private one that signs.

    Others are older ones, so that their blocks still verify: the public half (`pub:…`) suffices. Raises ValueError.
    """
    private = [key for key in keys if not key.startswith(PUBLIC)]
    if not keys or keys[0].startswith(PUBLIC):
        raise ValueError("the first key must be a private one")
    signers = [Ed25519PrivateKey.from_private_bytes(_raw(key)) for key in private]
    publics = [Ed25519PublicKey.from_public_bytes(_raw(key.removeprefix(PUBLIC))) for key in keys if key not in private]
    publics += [signer.public_key() for signer in signers]
    return Keyring(signers[0], {key_id_of(public): public for public in publics})


def new_key() -> str:
    """A new private key, as the settings take it."""
    return base64.urlsafe_b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def key_id_of(key: Ed25519PublicKey) -> str:
    """How a key is named: the first 16 hex digits of its SHA-256."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def shown(key: Ed25519PublicKey) -> str:
    """The public half as the settings and the exported heads write it."""
    return PUBLIC + base64.urlsafe_b64encode(key.public_bytes_raw()).decode()


def _raw(key: str) -> bytes:
    try:
        raw = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    if len(raw) != KEY_BYTES:
        raise ValueError(f"it has {len(raw)} bytes, not {KEY_BYTES}")
    return raw
