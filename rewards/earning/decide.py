"""The decision about one event. Pure: the same event, rules and state always give the same verdict.

Serves a single event, a batch, a dry run and the property tests alike.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from rewards.earning.events import Event
from rewards.earning.rules import DELETED, Rule, RuleSet, stem_of

Outcome = Literal[
    "awarded", "charged", "penalised", "capped", "declined", "ignored", "reversed", "restored", "rejected"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectAward:
    """An award that an event of a subject earned, and the end of the line of reversals and restores behind it.

    `owner` is the account of the member whose it is: another than the one that it lies on where that was merged.
    `stands` says whether the points are the member's now; `tail_seq` is the entry that the next step reverses;
    `taken_by` the type of the deletion that took it, none where it stands or staff took it back; `lapsed` how many of
    its points have lapsed, which a reversal doesn't take again.
    """

    account_id: UUID
    owner: UUID
    type: str
    subject: str
    seq: int
    tail_seq: int
    points: int
    contra: str
    stands: bool
    taken_by: str | None
    occurred_at: datetime
    season: date | None
    month: date | None
    lapsed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberState:
    """What deciding needs to know, read under the account's lock.

    `times_today`, `points_today`: awards of the rule on the event's community day. `deleted_at`: when the subject was
    deleted, unless it was restored since. `subject_awards`: for deletions and restorations, all awards that they reach.
    """

    suspended: bool = False
    available: int = 0
    times_today: int = 0
    points_today: int = 0
    times_ever: int = 0
    last_award_at: datetime | None = None
    subject_awarded: bool = False
    deleted_at: datetime | None = None
    subject_awards: tuple[SubjectAward, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided and why. `points_asked` before caps, `points` applied to the event's member.

    `awards` are those taken back or given again, whoever got them.
    """

    outcome: Outcome
    reason: str | None = None
    rule: str | None = None
    points_asked: int = 0
    points: int = 0
    awards: tuple[SubjectAward, ...] = ()


def decide(*, event: Event, rules: RuleSet, state: MemberState) -> Verdict:
    """What the event earns, costs or takes back; guards first, in the order that docs/reference/points.md names."""
    if event.type.endswith(DELETED) and stem_of(event.type):
        return _take_back(event, rules=rules, state=state)
    if state.suspended:
        return Verdict(outcome="rejected", reason="suspended")
    if stem_of(event.type):
        return _give_again(event, rules=rules, state=state)
    rule = rules.rule_for(event.type)
    if rule is None:
        return Verdict(outcome="ignored", reason="no_rule")
    return _apply(event, rule, state=state)


def _take_back(event: Event, *, rules: RuleSet, state: MemberState) -> Verdict:
    rule = rules.rule_for(event.type)
    standing = tuple(award for award in state.subject_awards if award.stands)
    return _about_awards("reversed", nothing="nothing_to_reverse", rule=rule, awards=standing)


def _give_again(event: Event, *, rules: RuleSet, state: MemberState) -> Verdict:
    rule = rules.rule_for(event.type)
    # Only what its own deletion took: what another deletion or staff took back is none of its business.
    deletion = f"{stem_of(event.type)}{DELETED}"
    reversed_ = tuple(award for award in state.subject_awards if not award.stands and award.taken_by == deletion)
    return _about_awards("restored", nothing="nothing_to_restore", rule=rule, awards=reversed_)


def _about_awards(
    outcome: Literal["reversed", "restored"], *, nothing: str, rule: Rule | None, awards: tuple[SubjectAward, ...]
) -> Verdict:
    name = None if rule is None else rule.name
    if not awards:
        return Verdict(outcome="ignored", reason=nothing, rule=name)
    return Verdict(outcome=outcome, rule=name, awards=awards)


def _apply(event: Event, rule: Rule, *, state: MemberState) -> Verdict:
    asked = rule.points_on(event.board)
    if not rule.holds_at(event.occurred_at):
        return Verdict(outcome="ignored", reason="rule_not_valid_then", rule=rule.name)
    if asked == 0:
        return Verdict(outcome="ignored", reason="board_earns_nothing", rule=rule.name)
    if state.deleted_at is not None and event.occurred_at <= state.deleted_at:
        return Verdict(outcome="rejected", reason="deleted_before", rule=rule.name, points_asked=asked)
    if asked < 0:  # caps are for awards: nobody escapes a cost by having earned enough today
        return _cost(rule, state, asked=asked)
    reason = _capped_by(event, rule, state=state)
    if reason is not None:
        return Verdict(outcome="capped", reason=reason, rule=rule.name, points_asked=asked)
    return _earn(rule, state, asked=asked)


def _capped_by(event: Event, rule: Rule, *, state: MemberState) -> str | None:
    if rule.once_ever and state.times_ever:
        return "once_ever"
    if rule.once_per_subject and state.subject_awarded:
        return "once_per_subject"
    if _too_soon(event, rule, state=state):
        return "cooldown"
    if rule.times_per_day is not None and state.times_today >= rule.times_per_day:
        return "daily_times"
    return None


def _too_soon(event: Event, rule: Rule, *, state: MemberState) -> bool:
    if rule.cooldown_s is None or state.last_award_at is None:
        return False
    return abs((event.occurred_at - state.last_award_at).total_seconds()) < rule.cooldown_s


def _earn(rule: Rule, state: MemberState, *, asked: int) -> Verdict:
    left = asked if rule.points_per_day is None else rule.points_per_day - state.points_today
    if left <= 0:
        return Verdict(outcome="capped", reason="daily_points", rule=rule.name, points_asked=asked)
    return Verdict(outcome="awarded", rule=rule.name, points_asked=asked, points=min(asked, left))


def _cost(rule: Rule, state: MemberState, *, asked: int) -> Verdict:
    if not rule.must_afford:
        return Verdict(outcome="penalised", rule=rule.name, points_asked=asked, points=asked)
    if state.available < -asked:
        return Verdict(outcome="declined", reason="not_enough_points", rule=rule.name, points_asked=asked)
    return Verdict(outcome="charged", rule=rule.name, points_asked=asked, points=asked)
