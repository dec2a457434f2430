"""A face for whoever has no picture: the first letter of the name, on a colour that follows from the id."""

import unicodedata
from hashlib import blake2b

HUES = 12
JOINER = "\u200d"
VARIATION = "\ufe0f"
SKIN_TONES = range(0x1F3FB, 0x1F400)


def hue_of(member_id: str) -> int:
    """Which of the avatar colours a member has, for ever: 0 to HUES − 1."""
    return int.from_bytes(blake2b(member_id.encode(), digest_size=4).digest(), "big") % HUES


def initial(name: str) -> str:
    """A name's first letter or digit, upper case, else its first sign; with what belongs to it: accents, skin tones."""
    for position, sign in enumerate(name):
        if unicodedata.category(sign)[0] in "LN":
            return _with_marks(name, position).upper()
    shown = name.strip()
    return _with_marks(shown, 0) if shown else "?"


def picture_of(avatar: str | None) -> str | None:
    """A member's picture, if it comes from this host: pages load nothing from another."""
    return avatar if avatar and avatar.startswith("/") and not avatar.startswith(("//", "/\\")) else None


def _with_marks(name: str, start: int) -> str:
    end = start + 1
    while end < len(name) and (_belongs(name[end]) or name[end - 1] == JOINER):
        end += 1
    return name[start:end]


def _belongs(sign: str) -> bool:
    return sign in {JOINER, VARIATION} or ord(sign) in SKIN_TONES or unicodedata.category(sign)[0] == "M"
