"""Random histories of two members who become one at a random point, against a model in plain Python."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from rewards.earning.events import Event
from tests.rewards.merging.steps import broken_now, merge_old
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World, decided, default_document, open_world

TIMES_A_DAY, POINTS = 4, 10
RULE = {"points": POINTS, "times_per_day": TIMES_A_DAY, "once_per_subject": True}


class Step(NamedTuple):
    """Somebody comments on a subject, or deletes what they said there."""

    who: str
    what: str
    subject: int


STEPS = st.lists(
    st.builds(
        Step, st.sampled_from(["old", "new"]), st.sampled_from(["created", "created", "deleted"]), st.integers(0, 5)
    ),
    max_size=16,
)


@dataclass
class Model:
    """What must come of it: who is whom, what stands, what was used."""

    owner: dict[str, str] = field(default_factory=lambda: {"old": "old", "new": "new"})
    awarded: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    standing: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def take(self, step: Step) -> int:
        """The points that the step moves."""
        if step.what == "deleted":
            taken = [one for one in self.standing if self.is_theirs(one, step)]
            self.standing = [one for one in self.standing if one not in taken]
            return -POINTS * len(taken)
        used = Counter(self.owner[who] for who, _ in self.awarded)[self.owner[step.who]]
        if used >= TIMES_A_DAY or any(self.is_theirs(one, step) for one in self.awarded):
            return 0
        self.awarded.append((step.who, step.subject))
        self.standing.append((step.who, step.subject))
        return POINTS

    def is_theirs(self, award: tuple[str, int], step: Step) -> bool:
        """Whether an award is of the step's subject and member."""
        return self.owner[award[0]] == self.owner[step.who] and award[1] == step.subject


@pytest.fixture
def steady(engine: Engine) -> Iterator[World]:
    """One community for all examples, in which everything agrees afterwards."""
    document = default_document()
    world = open_world(engine, policy={**document, "rules": {**document["rules"], "note.created": RULE}})
    yield world
    assert broken_now(world) == []


NUMBERS = count()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STEPS, after=STEPS)
def test_two_who_became_one_are_as_one_from_then_on(steady: World, before: list[Step], after: list[Step]) -> None:
    number, model = next(NUMBERS), Model()

    def events(steps: list[Step], first: int) -> list[Event]:
        return [
            make_event(
                f"note.{step.what}",
                f"{step.who}-{number}",
                subject=f"note:{number}:{step.subject}",
                at=START + timedelta(seconds=first + turn),
            )
            for turn, step in enumerate(steps)
        ]

    steady.record(make_event("login", f"old-{number}"), make_event("login", f"new-{number}"))
    told = [one.decision.points for one in decided(steady.record(*events(before, 0)))] if before else []
    expected = [model.take(step) for step in before]
    merge_old(steady, gone=f"old-{number}", into=f"new-{number}", now=START)
    model.owner["old"] = "new"
    told += [one.decision.points for one in decided(steady.record(*events(after, 60)))] if after else []
    expected += [model.take(step) for step in after]

    assert told == expected
    assert steady.account(f"old-{number}").balance == 0
    assert steady.account(f"new-{number}").balance == 4 + sum(expected)
    shown = steady.rows(
        "select leaderboard, points from leaderboard_points join member using (account_id)"
        " where member_id = :id and leaderboard <> 'streak'",
        id=f"new-{number}",
    )
    assert {row.points for row in shown} == {4 + POINTS * len(model.standing)}
