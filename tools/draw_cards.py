"""Draw the demo's gift cards into rewards/demo/pictures: python tools/draw_cards.py. The same each time."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "rewards/demo/pictures"
SIZE = (640, 400)
SCALE = 4
"""Drawn larger and made small: that is what smooths the edges."""

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Card:
    """One picture under way: coordinates are those of the finished 640 × 400."""

    def __init__(self, ground: str, disc: str) -> None:
        self.image = _ground(_colour(ground), _colour(disc))
        self.pen = ImageDraw.Draw(self.image)

    def disc(self, centre: Point, radius: float, *, fill: str) -> None:
        """A full circle."""
        self.oval(centre, (radius, radius), fill=fill)

    def oval(self, centre: Point, radii: Point, *, fill: str) -> None:
        """A full ellipse."""
        box = (centre[0] - radii[0], centre[1] - radii[1], centre[0] + radii[0], centre[1] + radii[1])
        self.pen.ellipse(_scaled(box), fill=_colour(fill))

    def box(self, box: tuple[float, float, float, float], *, fill: str, radius: float = 0) -> None:
        """A rectangle with round corners."""
        self.pen.rounded_rectangle(_scaled(box), radius * SCALE, fill=_colour(fill))

    def shape(self, points: Sequence[Point], *, fill: str) -> None:
        """A polygon."""
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=_colour(fill))

    def line(self, points: Sequence[Point], *, fill: str, width: float) -> None:
        """A line with round ends."""
        self.pen.line([(x * SCALE, y * SCALE) for x, y in points], _colour(fill), int(width * SCALE), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(end, width / 2, fill=fill)

    def arc(self, centre: Point, radius: float, *, start: float, end: float, fill: str, width: float) -> None:
        """Part of a circle's line, clockwise from `start` to `end` degrees."""
        points = [(centre[0] + radius * math.cos(at), centre[1] + radius * math.sin(at)) for at in _turn(start, end)]
        self.line(points, fill=fill, width=width)

    def save(self, name: str) -> Path:
        """Make it small and keep it."""
        path = FOLDER / f"{name}.webp"
        self.image.resize(SIZE, Image.Resampling.LANCZOS).save(path, quality=84, method=6)
        return path


def corner_shop(card: Card) -> None:
    """A triangle of rice with its leaf, and eyes."""
    card.oval((320, 318), (118, 12), fill="#c9dfd0")
    rounded = [(320, 112), (398, 260), (242, 260)]
    for point in rounded:
        card.disc(point, 46, fill="#ffffff")
    card.shape([(280, 92), (360, 92), (441, 245), (199, 245)], fill="#ffffff")
    card.shape([(360, 90), (440, 242), (398, 306), (242, 306), (200, 242), (280, 90)], fill="#ffffff")
    card.box((272, 222, 368, 306), fill="#22362c", radius=8)
    for x in (284, 356):
        card.disc((x, 190), 9, fill="#22362c")
    card.arc((320, 192), 16, start=20, end=160, fill="#22362c", width=5)
    for x in (258, 382):
        card.oval((x, 208), (13, 8), fill="#ffc9c4")


def coffee(card: Card) -> None:
    """A cup on its saucer, steaming under a moon."""
    outer = [(452 + 34 * math.cos(at), 104 + 34 * math.sin(at)) for at in _turn(-88, 148)]
    inner = [(438 + 30 * math.cos(at), 96 + 30 * math.sin(at)) for at in _turn(119, -60)]
    card.shape([*outer, *inner], fill="#f6d27a")
    card.oval((310, 316), (150, 20), fill="#f2e3d5")
    card.oval((310, 310), (104, 12), fill="#d9bfa9")
    card.arc((408, 226), 36, start=-90, end=110, fill="#fff6ec", width=18)
    card.box((210, 176, 410, 250), fill="#fff6ec", radius=14)
    card.oval((310, 250), (100, 60), fill="#fff6ec")
    card.oval((310, 180), (100, 22), fill="#fff6ec")
    card.oval((310, 182), (86, 15), fill="#5b3324")
    for x in (270, 310, 350):
        wave = [(x + 9 * math.sin(step / 5), 146 - step * 2.6) for step in range(22)]
        card.line(wave, fill="#e6cdb9", width=8)


def ice_cream(card: Card) -> None:
    """Two on a stick, one bitten."""
    for x, body, stripe in ((250, "#ff9fb2", "#ffc2cf"), (390, "#8fd3c8", "#b9e6df")):
        card.box((x - 11, 270, x + 11, 348), fill="#e8c79a", radius=11)
        card.box((x - 54, 70, x + 54, 286), fill=body, radius=54)
        card.box((x - 30, 104, x - 14, 250), fill=stripe, radius=8)
        card.box((x + 14, 104, x + 30, 250), fill=stripe, radius=8)
    for x, y in ((420, 80), (396, 70), (438, 100)):
        card.disc((x, y), 18, fill="#cfe9f9")


def books(card: Card) -> None:
    """Three lying, one leaning, with a mark hanging out."""
    for y, left, fill, band in (
        (270, 196, "#3f6fb5", "#8fb2e6"),
        (228, 214, "#e07a5f", "#f3b5a2"),
        (186, 204, "#81b29a", "#bcd9cb"),
    ):
        card.box((left, y, left + 236, y + 38), fill=fill, radius=7)
        card.box((left + 26, y, left + 40, y + 38), fill=band)
        card.box((left + 196, y, left + 204, y + 38), fill=band)
    card.box((356, 180, 372, 252), fill="#f2c14e")
    card.shape([(356, 250), (372, 250), (372, 268), (364, 258), (356, 268)], fill="#f2c14e")
    card.shape([(246, 186), (282, 62), (378, 90), (350, 186)], fill="#3d405b")
    card.shape([(274, 130), (285, 92), (347, 110), (336, 148)], fill="#f4efe4")
    card.shape([(246, 186), (282, 62), (290, 64), (255, 186)], fill="#5c6085")


def cinema(card: Card) -> None:
    """A ticket, torn at its sides, with a star."""
    card.shape([(174, 146), (452, 100), (480, 262), (202, 308)], fill="#f7c948")
    card.shape([(196, 160), (438, 120), (459, 246), (217, 286)], fill="#fbe08d")
    for x, y in ((188, 227), (466, 181)):
        card.disc((x, y), 22, fill="#403974")
    star = [
        (
            320 + (58 if corner % 2 == 0 else 25) * math.sin(math.radians(36 * corner - 9)),
            204 - (58 if corner % 2 == 0 else 25) * math.cos(math.radians(36 * corner - 9)),
        )
        for corner in range(10)
    ]
    card.shape(star, fill="#e8590c")
    for step in range(5):
        card.disc((236 + 1.6 * step + 2, 178 + 21 * step), 4, fill="#d9a514")
        card.disc((404 + 1.6 * step + 2, 150 + 21 * step), 4, fill="#d9a514")


def fried_chicken(card: Card) -> None:
    """A drumstick on a plate."""
    card.oval((320, 300), (164, 26), fill="#fff8ec")
    card.oval((320, 294), (120, 15), fill="#f0dfc5")
    card.line([(352, 226), (446, 128)], fill="#fff3df", width=26)
    for centre in ((450, 112), (466, 136)):
        card.disc(centre, 19, fill="#fff3df")
    card.oval((286, 218), (98, 76), fill="#b8651b")
    card.oval((336, 214), (62, 54), fill="#b8651b")
    card.shape([(300, 150), (384, 178), (376, 248), (300, 290)], fill="#b8651b")
    card.oval((262, 196), (44, 26), fill="#d98a3a")
    for x, y in ((286, 240), (318, 206), (248, 246), (340, 236), (300, 272)):
        card.disc((x, y), 6, fill="#8a4510")


def animal_shelter(card: Card) -> None:
    """A full bowl with a paw on it."""
    for x, y in ((252, 178), (286, 160), (322, 154), (358, 162), (390, 178), (304, 176), (342, 178)):
        card.disc((x, y), 25, fill="#8d5a35")
    for x, y in ((268, 180), (338, 170), (372, 186)):
        card.disc((x, y), 14, fill="#a87247")
    card.shape([(206, 188), (434, 188), (470, 304), (170, 304)], fill="#e4572e")
    card.box((164, 290, 476, 316), fill="#c94a25", radius=13)
    card.box((200, 180, 440, 202), fill="#f07a57", radius=11)
    card.oval((320, 264), (27, 21), fill="#fff4ea")
    for x, y in ((286, 242), (306, 228), (334, 228), (354, 242)):
        card.oval((x, y), (10, 12), fill="#fff4ea")


def cake(card: Card) -> None:
    """A cake for the end of the year, three candles burning."""
    card.oval((320, 322), (168, 18), fill="#f3e7f1")
    card.box((190, 204, 450, 318), fill="#fdf3e7", radius=22)
    card.box((190, 252, 450, 272), fill="#e5989b")
    card.box((190, 190, 450, 232), fill="#ffb4a2", radius=20)
    for x, drop in ((212, 30), (254, 46), (298, 26), (342, 50), (386, 30), (428, 42)):
        card.box((x - 17, 210, x + 17, 212 + drop), fill="#ffb4a2", radius=17)
    for x, fill in ((260, "#6d6875"), (320, "#b5838d"), (380, "#6d6875")):
        card.box((x - 6, 128, x + 6, 194), fill=fill, radius=5)
        card.oval((x, 108), (10, 17), fill="#ffd166")
        card.oval((x, 114), (5, 9), fill="#fff1c7")
    for x in (290, 350):
        card.disc((x, 188), 13, fill="#d62839")


CARDS: dict[str, tuple[str, str, Callable[[Card], None]]] = {
    "corner-shop-1000": ("#bfe3cd", "#d5eedd", corner_shop),
    "coffee-3000": ("#5f4034", "#74523f", coffee),
    "ice-cream-500": ("#b7dcf2", "#cfe9f9", ice_cream),
    "books-5000": ("#efd9a2", "#f6e7c1", books),
    "cinema-12000": ("#2f2a5a", "#403974", cinema),
    "fried-chicken-20000": ("#ffc35c", "#ffd58a", fried_chicken),
    "animal-shelter-1000": ("#ffd0ab", "#ffe2c9", animal_shelter),
    "cake-30000": ("#d5bce8", "#e4d2f1", cake),
}


def _turn(start: float, end: float) -> list[float]:
    """Angles in radians from one of degrees to another."""
    return [math.radians(start + (end - start) * step / 48) for step in range(49)]


def _colour(name: str) -> Colour:
    return int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16)


def _scaled(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return box[0] * SCALE, box[1] * SCALE, box[2] * SCALE, box[3] * SCALE


def _ground(colour: Colour, round_colour: Colour) -> Image.Image:
    """One colour, and a large disc of another behind the middle: flat, so that it stays crisp when it is made small."""
    ground = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), colour)
    ImageDraw.Draw(ground).ellipse(_scaled((140, 20, 500, 380)), fill=round_colour)
    return ground


def main() -> None:
    """Draw them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, (ground, disc, draw) in CARDS.items():
        card = Card(ground, disc)
        draw(card)
        path = card.save(name)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
