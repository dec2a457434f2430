"""What is wrong with a policy is said by line and column, with what was expected."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rewards.policy.differences import differences
from rewards.policy.document import DEFAULT_POLICY, document_of
from rewards.policy.json_schema import json_schema
from rewards.policy.mistakes import read_text

REST = "attendance: {base: 20}\nlevels: [{points: 0, name: a, name_en: a}]\nprizes: []\n"


def sentences(text: str) -> list[str]:
    return [mistake.sentence("p.yaml") for mistake in read_text(text)[1]]


@pytest.mark.parametrize(
    "text, said",
    [
        (
            'rules:\n  post.created: {points: "20"}\n',
            "p.yaml:2:18: rules.post.created.points: expected a whole number, found '20'",
        ),
        (
            "rules:\n  login: {times_per_dya: 3}\n",
            "p.yaml:2:11: rules.login.times_per_dya: is not known here; did you mean times_per_day?",
        ),
        (
            "rules:\n  login: {times_per_day: 0}\n",
            "p.yaml:2:11: rules.login.times_per_day: expected a whole number, at least 1, found 0",
        ),
        (
            "rules:\n  login: {boards: {free: much}}\n",
            "p.yaml:2:20: rules.login.boards.free: expected a whole number, found 'much'",
        ),
        (
            "rules:\n  login: {points: 1}\n  login: {points: 2}\n",
            "p.yaml:3:3: rules.login: stands here for the second time; the first is in line 2",
        ),
        (
            "rules:\n  login: {name: ''}\n",
            "p.yaml:2:11: rules.login.name: expected a text of 1 to 80 characters, found ''",
        ),
        (
            "rules: {}\nlapse: {max_share: 2}\n",
            "p.yaml:2:9: lapse.max_share: expected a number from 0 to 1, found 2",
        ),
        (
            "rules: {}\nfoo: 1\n",
            "p.yaml:2:1: foo: is not known here; known are attendance, boards, lapse, levels, prizes, rules",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, said: str) -> None:
    assert sentences(text + REST) == [said]


def test_of_a_mapping_a_wrong_key_is_told_from_a_wrong_value() -> None:
    text = REST.replace("{base: 20}", "\n  base: 20\n  streaks: {seven: 70, 7: 0}")

    assert sentences("rules: {}\n" + text) == [
        "p.yaml:4:13: attendance.streaks.seven: as a key, expected a whole number, at least 1, found 'seven'",
        "p.yaml:4:24: attendance.streaks.7: expected a whole number, at least 1, found 0",
    ]


@pytest.mark.parametrize("text", ["", "- a\n", "just a text\n", "7\n"])
def test_what_is_no_policy_at_all_is_said_once(text: str) -> None:
    assert len(sentences(text)) == 1


def test_what_is_missing_is_said_where_it_should_be() -> None:
    assert sentences("rules: {}\n" + REST.replace("prizes: []", "prizes:\n  - {place: 1}"))[:2] == [
        "p.yaml:5:5: prizes.0.currency: is missing; expected a text",
        "p.yaml:5:5: prizes.0.name: is missing; expected a text",
    ]


def test_what_is_no_yaml_is_said_with_its_place() -> None:
    assert sentences("rules: [\n  a: b\n" + REST) != []
    assert "is no YAML" in sentences("rules: [")[0]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab.", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["points", "rules", "base", "a"]), inner)
    ),
    max_leaves=6,
)


@given(
    document=st.dictionaries(
        st.sampled_from(["rules", "attendance", "levels", "prizes", "boards", "lapse", "other"]), _VALUES, max_size=6
    )
)
def test_any_document_is_taken_or_its_mistakes_have_places(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    lines = text.splitlines()

    for mistake in read_text(text)[1]:
        assert 1 <= mistake.line <= max(1, len(lines))
        assert mistake.column >= 1
        assert mistake.says


def test_the_schema_for_editors_takes_what_the_service_takes() -> None:
    accepts = jsonschema_rs.validator_for(json_schema()).is_valid
    document = document_of(DEFAULT_POLICY.read_text(), file="default.yaml")

    assert accepts(document)

    for broken in ({**document, "foo": 1}, {**document, "levels": []}, {**document, "rules": {"a": {"points": "2"}}}):
        assert not accepts(broken)


_DOCUMENTS = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.integers(0, 2) | st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 2), max_size=3),
    max_size=3,
)


@given(before=_DOCUMENTS, after=_DOCUMENTS)
def test_differences_lead_from_one_document_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    made = json.loads(json.dumps(before))
    for one in differences(before, after):
        inner = made
        for part in one.path[:-1]:
            inner = inner[part]
        if one.kind == "removed":
            assert inner.pop(one.path[-1]) == one.before
        else:
            inner[one.path[-1]] = one.after

    assert made == after
    assert differences(before, before) == []


def test_the_default_policy_is_good() -> None:
    assert read_text(Path(DEFAULT_POLICY).read_text())[1] == []
