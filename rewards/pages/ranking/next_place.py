"""What the next place is worth, in the reader's terms: so many points, and so many comments where that is true."""

from dataclasses import dataclass

DAYS_MAX = 7
"""Beyond a week of comments the number says nothing that helps."""


@dataclass(frozen=True, slots=True)
class CommentWorth:
    """What a comment earns under the policy in force, and how many more of them can earn today."""

    points: int
    times_a_day: int | None
    left_today: int | None
    cooldown_s: int


@dataclass(frozen=True, slots=True)
class NextPlace:
    """The place above mine, the points missing for it, and the comments that bring them (None where none do)."""

    rank: int
    gap: int
    comments: int | None


def next_place(
    *, rank: int, mine: int, above: int, worth: CommentWorth | None, seconds_left: int | None, days_left: int
) -> NextPlace:
    """What lies between me and the place above, which has `above` points.

    `seconds_left` until the period ends (None: never); `days_left` are the whole community days after today.
    """
    gap = above - mine + 1
    return NextPlace(
        rank=rank - 1, gap=gap, comments=comments_for(gap, worth=worth, seconds_left=seconds_left, days_left=days_left)
    )


def comments_for(gap: int, *, worth: CommentWorth | None, seconds_left: int | None, days_left: int) -> int | None:
    """How many comments bring `gap` points before the period ends; None if caps, cooldown or time don't let them."""
    if worth is None or worth.points <= 0:
        return None
    comments = -(-gap // worth.points)
    if comments > _allowed(worth, days_left=min(days_left, DAYS_MAX)):
        return None
    if seconds_left is not None and (comments - 1) * worth.cooldown_s >= seconds_left:
        return None
    return comments


def _allowed(worth: CommentWorth, *, days_left: int) -> int:
    if worth.times_a_day is None or worth.left_today is None:
        return 200
    return worth.left_today + worth.times_a_day * days_left
