"""The pure decision, under any state that a member can be in."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.decide import MemberState, Verdict, decide
from rewards.earning.rules import Rule, RuleSet
from tests.support.clock import START
from tests.support.factories import make_event

moments = st.integers(-200, 200).map(lambda seconds: START + timedelta(seconds=seconds))
few = st.integers(0, 6)
maybe_few = st.none() | st.integers(1, 6)

rules = st.builds(
    Rule,
    key=st.just("comment.created"),
    version=st.just(1),
    points=st.integers(-6, 6),
    times_per_day=maybe_few,
    points_per_day=maybe_few,
    cooldown_s=st.none() | st.integers(1, 100),
    once_per_subject=st.booleans(),
    once_ever=st.booleans(),
    must_afford=st.booleans(),
    boards=st.just({"silent": 0, "costly": -4}),
    valid_from=st.none() | moments,
    valid_until=st.none() | moments,
)
states = st.builds(
    MemberState,
    suspended=st.sampled_from((False, False, False, True)),
    available=st.integers(-5, 10),
    times_today=few,
    points_today=few,
    times_ever=few,
    last_award_at=st.none() | moments,
    subject_awarded=st.booleans(),
    deleted_at=st.none() | st.just(START) | moments,
)
boards = st.sampled_from((None, "free", "silent", "costly"))


def verdict_of(rule: Rule, state: MemberState, *, board: str | None = None) -> Verdict:
    event = make_event("comment.created", subject="comment:1", board=board)
    return decide(event=event, rules=RuleSet(1, {rule.key: rule}), state=state)


@given(rule=rules, state=states, board=boards)
def test_an_award_never_exceeds_a_cap(rule: Rule, state: MemberState, board: str | None) -> None:
    verdict = verdict_of(rule, state, board=board)

    if verdict.outcome == "awarded":
        assert 0 < verdict.points <= verdict.points_asked == rule.points_on(board)
        assert rule.points_per_day is None or state.points_today + verdict.points <= rule.points_per_day
        assert rule.times_per_day is None or state.times_today < rule.times_per_day
        assert not (rule.once_ever and state.times_ever)
        assert not (rule.once_per_subject and state.subject_awarded)
        assert not state.suspended
        assert state.deleted_at is None or state.deleted_at < START
        if rule.cooldown_s is not None and state.last_award_at is not None:
            assert abs(START - state.last_award_at) >= timedelta(seconds=rule.cooldown_s)


@given(rule=rules, state=states, board=boards)
def test_only_an_award_a_charge_and_a_penalty_move_points(rule: Rule, state: MemberState, board: str | None) -> None:
    verdict = verdict_of(rule, state, board=board)

    moves = {"awarded": verdict.points > 0, "charged": verdict.points < 0, "penalised": verdict.points < 0}
    assert moves.get(verdict.outcome, verdict.points == 0)
    assert (verdict.reason is None) == (verdict.outcome in moves)


@given(rule=rules, state=states, board=boards)
def test_a_charge_never_takes_what_is_not_available(rule: Rule, state: MemberState, board: str | None) -> None:
    verdict = verdict_of(rule, state, board=board)

    if verdict.outcome == "charged":
        assert rule.must_afford
        assert state.available + verdict.points >= 0
    if verdict.outcome == "declined":
        assert state.available + verdict.points_asked < 0


@given(rule=rules, state=states, board=boards)
def test_a_rule_that_is_not_valid_then_does_nothing(rule: Rule, state: MemberState, board: str | None) -> None:
    verdict = verdict_of(rule, state, board=board)

    early = rule.valid_from is not None and rule.valid_from > START
    late = rule.valid_until is not None and rule.valid_until <= START
    if early or late:
        assert verdict.outcome in {"ignored", "rejected"}


@given(rule=rules, state=states, board=boards)
def test_the_first_guard_that_refuses_names_the_reason(rule: Rule, state: MemberState, board: str | None) -> None:
    rule = replace(rule, valid_from=None, valid_until=None)
    asked = rule.points_on(board)
    near = rule.cooldown_s is not None and state.last_award_at is not None
    guards = [
        (state.suspended, "suspended"),
        (asked == 0, "board_earns_nothing"),
        (state.deleted_at is not None and state.deleted_at >= START, "deleted_before"),
        (asked > 0 and rule.once_ever and state.times_ever > 0, "once_ever"),
        (asked > 0 and rule.once_per_subject and state.subject_awarded, "once_per_subject"),
        (asked > 0 and near and _seconds_since(state) < (rule.cooldown_s or 0), "cooldown"),
        (asked > 0 and state.times_today >= (rule.times_per_day or 10**9), "daily_times"),
        (asked > 0 and state.points_today >= (rule.points_per_day or 10**9), "daily_points"),
        (asked < 0 and rule.must_afford and state.available < -asked, "not_enough_points"),
    ]

    expected = next((reason for refuses, reason in guards if refuses), None)

    assert verdict_of(rule, state, board=board).reason == expected


def _seconds_since(state: MemberState) -> float:
    return abs((START - (state.last_award_at or START)).total_seconds())
