"""Members as the pages show them."""

from dataclasses import dataclass

from flask_babel import gettext

from rewards.pages.avatars import hue_of, initial, picture_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How a member looks: the name that the forum gave, and a picture from this host or a letter on a colour."""

    name: str
    initial: str
    hue: int
    picture: str | None = None


def face_of(member_id: str | None, *, name: str | None, avatar: str | None) -> Face:
    """A member's face; somebody whom the forum has erased has none left but the words for that."""
    if member_id is None:
        return Face(name=gettext("former member"), initial="–", hue=hue_of(""))
    shown = name or member_id
    return Face(name=shown, initial=initial(shown), hue=hue_of(member_id), picture=picture_of(avatar))
