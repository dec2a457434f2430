"""What a page says of a correction that was made, and whose it is."""

from flask_babel import gettext

from rewards.earning.correct import Corrected
from rewards.members.profile import Profile
from rewards.pages import words
from rewards.pages.faces import Face, face_of
from rewards.pages.forms import refuse_aloud, say
from rewards.pages.staff.members.once import SentBefore
from rewards.pages.staff.members.words import signed


def say_done(done: Corrected) -> None:
    """What moved, and what it left."""
    said = gettext(
        "Done: %(points)sP. The balance is %(balance)sP now.",
        points=signed(done.entry.points),
        balance=words.number(done.balance),
    )
    final = gettext("The season is final, so its ranking stays as it is.") if done.season_is_final else ""
    say(f"{said} {final}".rstrip())


def say_sent(sent: SentBefore) -> None:
    """That a form had been sent before."""
    if sent.same:
        say(gettext("It is done, and was done once: the form had been sent twice."))
    else:
        refuse_aloud(gettext("This form was sent before, saying something else. Nothing more was changed."))


def face_of_profile(profile: Profile) -> Face:
    """The member's face."""
    return face_of(profile.member_id, name=profile.name, avatar=profile.avatar)
