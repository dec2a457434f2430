import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.pages.assets import FOLDER, brand_css
from rewards.pages.avatars import HUES
from rewards.pages.colours import SURFACE_DARK, SURFACE_LIGHT, contrast, mix, shades

AA = 4.5
COLOURS = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_is_what_wcag_defines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert mix("#000000", "#ffffff", share=0.5) == "#808080"


@given(COLOURS)
def test_any_brand_colour_can_be_read_in_both_modes(brand: str) -> None:
    for surface in (SURFACE_LIGHT, SURFACE_DARK):
        found = shades(brand, surface=surface)

        assert contrast(found.ink, surface) >= AA
        assert contrast(found.ink, found.soft) >= AA
        assert contrast(found.on_fill, found.fill) >= AA


def test_letters_on_every_avatar_can_be_read() -> None:
    sheet = (FOLDER / "base.css").read_text()

    grounds = dict(re.findall(r"\.hue-(\d+) \{ background: (#[0-9a-f]{6}); \}", sheet))

    assert sorted(map(int, grounds)) == list(range(HUES))
    for hue, ground in grounds.items():
        assert contrast("#ffffff", ground) >= AA, hue


def test_the_brand_comes_as_a_sheet_of_its_own() -> None:
    assert brand_css("#2f6fed").startswith(":root { --brand-ink: #")
    assert "prefers-color-scheme: dark" in brand_css("#2f6fed")
