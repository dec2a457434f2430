"""One brand colour made readable: shades of it that keep AA contrast on our surfaces, light and dark."""

import re
from dataclasses import dataclass

CONTRAST_MIN = 4.6
"""A little above the 4.5 that WCAG asks of text, so that rounding never falls below it."""

WHITE = "#ffffff"
NIGHT = "#0f1115"
SURFACE_LIGHT = WHITE
SURFACE_DARK = "#191c22"

Channels = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shades:
    """A brand colour in one mode: `ink` is text on a surface or `soft`, `fill` a button, `on_fill` its text."""

    ink: str
    soft: str
    fill: str
    on_fill: str


def colour_of(written: str | None) -> str | None:
    """The colour that an address names as rrggbb; none for anything else."""
    found = re.fullmatch(r"[0-9a-fA-F]{6}", written or "", re.ASCII)
    return f"#{found[0].lower()}" if found else None


def shades(brand: str, *, surface: str) -> Shades:
    """The shades of `brand` (like #2f6fed) for a surface; every pair that is read together keeps AA contrast."""
    soft = mix(brand, surface, share=0.12)
    towards = WHITE if luminance(surface) < 0.5 else NIGHT
    ink = readable(brand, grounds=(surface, soft), towards=towards)
    fill = readable(brand, grounds=(WHITE,), towards=NIGHT)
    return Shades(ink=ink, soft=soft, fill=fill, on_fill=WHITE)


def readable(colour: str, *, grounds: tuple[str, ...], towards: str) -> str:
    """The nearest shade of `colour`, going towards black or white, that can be read on all `grounds`."""
    for percent in range(100, -1, -2):
        shade = mix(colour, towards, share=percent / 100)
        if all(contrast(shade, ground) >= CONTRAST_MIN for ground in grounds):
            return shade
    return towards


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of a colour as WCAG 2 defines it: 0 to 1."""
    red, green, blue = (_linear(channel / 255) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(colour: str, ground: str, *, share: float) -> str:
    """`share` (0 to 1) of `colour`, the rest of `ground`."""
    pairs = zip(channels(colour), channels(ground), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


def channels(colour: str) -> Channels:
    """Red, green and blue of a colour like #2f6fed."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
