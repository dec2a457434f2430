import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.pages.avatars import HUES, hue_of, initial, picture_of


@pytest.mark.parametrize(
    "name,letter",
    [
        ("해오름", "해"),
        ("minji", "M"),
        ("  __ 7seven", "7"),
        ("🦊 여우비", "여"),
        ("👩‍🚀", "👩‍🚀"),
        ("👍🏽!", "👍🏽"),
        ("e\u0301lan", "E\u0301"),
        ("مرحبا", "م"),
        ("***", "*"),
        ("   ", "?"),
    ],
)
def test_a_face_shows_the_first_letter_or_else_the_first_sign(name: str, letter: str) -> None:
    assert initial(name) == letter


@given(st.text(min_size=1, max_size=64))
def test_every_name_has_a_face(name: str) -> None:
    assert initial(name)
    assert 0 <= hue_of(name.encode(errors="replace").decode()) < HUES


def test_a_colour_stays_with_its_member() -> None:
    assert hue_of("minji") == hue_of("minji")
    assert len({hue_of(f"member-{number}") for number in range(200)}) == HUES


@pytest.mark.parametrize(
    "avatar,shown",
    [
        ("/avatars/1.png", "/avatars/1.png"),
        (None, None),
        ("", None),
        ("https://elsewhere.example/1.png", None),
        ("//elsewhere.example/1.png", None),
        ("/\\elsewhere.example/1.png", None),
        ("data:image/png;base64,AAAA", None),
    ],
)
def test_only_pictures_of_this_host_are_shown(avatar: str | None, shown: str | None) -> None:
    assert picture_of(avatar) == shown
