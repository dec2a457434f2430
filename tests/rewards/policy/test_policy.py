"""The policy: checked as a document, versioned in the database, never edited."""

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from rewards.errors import NoPolicy, PolicyInvalid
from rewards.policy.document import DEFAULT_POLICY, LapseTerms, read_document
from rewards.policy.load import apply_policy, policy_in_force
from rewards.runtime.database import transaction
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import default_policy, open_world

LATER = START + timedelta(days=1)


def apply(engine: Engine, document: dict[str, Any], **more: Any) -> int | None:
    with transaction(engine) as session:
        return apply_policy(session, document, by="test", **{"now": START, **more})


def changed(**sections: Any) -> dict[str, Any]:
    document = deepcopy(read_document(DEFAULT_POLICY))
    document["rules"].update(sections)
    return document


def test_the_default_policy_gives_what_its_page_says() -> None:
    policy = default_policy()

    rules = {key: (rule.points, rule.times_per_day, rule.cooldown_s) for key, rule in policy.rules.rules.items()}
    assert rules["post.created"] == (20, 10, 60)
    assert rules["comment.created"] == (10, 10, 15)
    assert rules["login"] == (2, 1, None)
    assert rules["member.joined"] == (100, None, None)
    assert policy.rules.rules["reply.received"].points_per_day == 20
    assert policy.rules.rules["post.created"].boards == {"qna": 30, "notice": 0, "anonymous": 0, "market": -50}
    assert policy.attendance.places == [80, 50, 30]
    assert policy.attendance.streaks == {7: 70, 30: 300, 100: 1000, 365: 5000}
    assert [prize["value"] for prize in policy.prizes] == [4000, 3000, 2000]
    assert [(level.points, level.name_en) for level in policy.levels] == [
        (0, "Sprout"),
        (1000, "Leaf"),
        (5000, "Tree"),
        (20000, "Forest"),
        (100000, "Mountain"),
    ]


@pytest.mark.parametrize(
    "broken, said",
    [
        ("rules: {login: {pionts: 2}}", "pionts"),
        ("rules: {login: {points: 2.5}}", "points"),
        ("rules: {login: {points: 2, times_per_day: 0}}", "times_per_day"),
        ("rules: {login: {points: many}}", "points"),
        ("rules: {login: {points: 2, lapses_after_days: 0}}", "lapses_after_days"),
        ("rules: {login: {points: 2}}\nlapse: {max_share: 20}", "max_share"),
        ("rules: {login: {points: 2}}\nlapse: {notice: 14}", "notice"),
        ("rules: [", "YAML"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_by_the_name_of_the_field(
    tmp_path: Path, broken: str, said: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f"{broken}\nattendance: {{base: 20}}\nlevels: [{{points: 0, name: a, name_en: a}}]\nprizes: []\n")

    with pytest.raises(PolicyInvalid) as refused:
        read_document(file)

    assert said in str(refused.value.mistakes)


def test_points_never_lapse_unless_the_policy_says_so() -> None:
    policy = default_policy()

    assert {rule.lapses_after_days for rule in policy.rules.rules.values()} == {None}
    assert policy.attendance.lapses_after_days is None
    assert policy.lapse == LapseTerms(notice_days=14, max_share=0.2)


def test_how_points_lapse_is_part_of_a_policy(engine: Engine) -> None:
    document = changed(login={"points": 2, "lapses_after_days": 365})
    apply(engine, {**document, "lapse": {"max_share": 0.5}})

    with transaction(engine) as session:
        policy = policy_in_force(session, now=START)

    assert policy.rules.rules["login"].lapses_after_days == 365
    assert policy.lapse == LapseTerms(notice_days=14, max_share=0.5)


def test_before_the_first_policy_nothing_is_given_away(session: Session) -> None:
    with pytest.raises(NoPolicy):
        policy_in_force(session, now=START)


def test_the_same_document_again_makes_no_version(engine: Engine) -> None:
    assert apply(engine, changed()) == 1
    assert apply(engine, changed()) is None
    assert apply(engine, dict(reversed(changed().items()))) is None


def test_a_changed_rule_becomes_its_next_version_and_the_others_stay(engine: Engine) -> None:
    apply(engine, changed())
    assert apply(engine, changed(login={"points": 3, "times_per_day": 1})) == 2

    with transaction(engine) as session:
        rules = policy_in_force(session, now=START).rules.rules

    assert (rules["login"].name, rules["login"].points) == ("login@2", 3)
    assert rules["comment.created"].name == "comment.created@1"


def test_a_policy_holds_from_its_date_on(engine: Engine) -> None:
    apply(engine, changed())
    apply(engine, changed(login={"points": 9}), valid_from=LATER)

    with transaction(engine) as session:
        points = {
            now: policy_in_force(session, now=now).rules.rules["login"].points
            for now in (START, LATER - timedelta(microseconds=1), LATER)
        }

    assert list(points.values()) == [2, 2, 9]


def test_a_decision_names_the_version_of_its_rule_for_ever(engine: Engine) -> None:
    world = open_world(engine)
    event = make_event("login")
    first = world.record_one(event).decision
    newer = open_world(engine, policy=changed(login={"points": 7}))

    again = newer.record_one(event).decision
    other = newer.record_one(make_event("login", "jun")).decision

    assert (first.rule, again) == ("login@1", first)
    assert (other.rule, other.points) == ("login@2", 7)
