"""Names for people in a policy: read, and no reason for a new version of a rule."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from rewards.errors import PolicyInvalid
from rewards.policy.document import DEFAULT_POLICY, policy_of, read_document
from rewards.policy.load import announced_policy, apply_policy, in_force_since, policy_in_force
from rewards.policy.names import Name
from rewards.runtime.database import transaction
from tests.support.clock import START
from tests.support.village import NOW
from tests.support.world import default_policy

REST = "attendance: {base: 20}\nlevels: [{points: 0, name: a, name_en: a}]\nprizes: []\n"


def document_with(**rules: Any) -> dict[str, Any]:
    document = read_document(DEFAULT_POLICY)
    document["rules"] |= rules
    return document


def file_with(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(text + REST)
    return file


def test_the_default_policy_names_every_board_that_its_rules_name() -> None:
    policy = default_policy()

    boards = {board for rule in policy.rules.rules.values() for board in rule.boards}

    assert boards <= policy.names.boards.keys()
    assert policy.names.boards["free"] == Name("자유게시판", "Free board")
    assert policy.names.boards["qna"].in_language("en") == "Questions"


def test_one_language_stands_in_for_the_other(tmp_path: Path) -> None:
    text = "boards: {a: {name: 가}}\nrules: {x.y: {points: 1, name_en: Ex}, z: {points: 2}}\n"
    document = read_document(file_with(tmp_path, text))

    names = policy_of(document, version=1, rule_versions={"x.y": 1, "z": 1}).names

    assert (names.boards, names.rules) == ({"a": Name("가", "가")}, {"x.y": Name("Ex", "Ex")})


@pytest.mark.parametrize(
    "text,said",
    [
        ("boards: {a: {nmae: 가}}\nrules: {}\n", "nmae"),
        ("boards: {a: {name: ''}}\nrules: {}\n", "name"),
        (f"boards: {{a: {{name: {'가' * 81}}}}}\nrules: {{}}\n", "name"),
        ("boards: {a: {name_en: A}}\nrules: {}\n", "name"),
        ("rules: {a: {name: 7}}\n", "name"),
    ],
)
def test_names_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read_document(file_with(tmp_path, text))

    assert said in str(refused.value.mistakes)


def test_a_name_makes_a_version_of_the_policy_and_none_of_its_rule(engine: Engine) -> None:
    named = {**read_document(DEFAULT_POLICY)["rules"]["login"], "name": "들르기", "name_en": "Dropping by"}
    with transaction(engine) as session:
        assert apply_policy(session, document_with(), by="test", now=START) == 1
        assert apply_policy(session, document_with(login=named), by="test", now=START) == 2
        assert apply_policy(session, document_with(login=named), by="test", now=START) is None
        policy = policy_in_force(session, now=START)

    assert policy.names.rules["login"] == Name("들르기", "Dropping by")
    assert policy.rules.rules["login"].name == "login@1"


def test_a_policy_without_names_is_the_one_it_was_and_names_later_change_no_rule(engine: Engine) -> None:
    before = document_with()
    del before["boards"]
    with transaction(engine) as session:
        assert apply_policy(session, before, by="test", now=START) == 1
        assert policy_in_force(session, now=START).names.boards == {}
        assert apply_policy(session, document_with(), by="test", now=START) == 2
        policy = policy_in_force(session, now=START)

    assert {rule.version for rule in policy.rules.rules.values()} == {1}


def test_what_changes_beside_the_name_is_a_new_version(engine: Engine) -> None:
    with transaction(engine) as session:
        apply_policy(session, document_with(), by="test", now=START)
        apply_policy(session, document_with(login={"points": 3, "name": "들르기"}), by="test", now=START)
        policy = policy_in_force(session, now=START)

    assert (policy.rules.rules["login"].name, policy.rules.rules["login"].points) == ("login@2", 3)


def test_the_next_version_is_the_one_that_will_be_in_force(engine: Engine) -> None:
    with transaction(engine) as session:
        apply_policy(session, document_with(), by="test", now=START)
        apply_policy(session, document_with(login={"points": 3}), by="test", now=START, valid_from=NOW)
        policy = policy_in_force(session, now=START)
        announced = announced_policy(session, policy, now=START)
        assert announced
        assert (announced.policy.version, announced.valid_from) == (2, NOW)
        assert in_force_since(session, policy) == START
        # A newer version that begins earlier takes the announced one's place before it ever holds.
        apply_policy(session, document_with(login={"points": 4}), by="test", now=START)

        policy = policy_in_force(session, now=START)

        assert policy.version == 3
        assert announced_policy(session, policy, now=START) is None


def test_of_several_to_come_the_first_is_next(engine: Engine) -> None:
    with transaction(engine) as session:
        apply_policy(session, document_with(), by="test", now=START)
        for points, years in ((3, 1), (4, 2)):
            later = START.replace(year=START.year + years)
            apply_policy(session, document_with(login={"points": points}), by="test", now=START, valid_from=later)
        announced = announced_policy(session, policy_in_force(session, now=START), now=START)

    assert announced
    assert announced.policy.version == 2
