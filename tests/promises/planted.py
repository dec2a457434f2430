"""For each promise bugs, planted in the code, the schema or the rows, and the test that must turn red under each.

A test that cannot fail proves nothing: `conftest.py` runs each of these once more for each of its bugs.
"""

from dataclasses import dataclass

from tests.promises import mutations
from tests.promises.mutations import Mutation


@dataclass(frozen=True, slots=True)
class Schema:
    """Statements of a superuser, before anything happens in the database."""

    statement: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Statements of a superuser who takes all protection away, once everything has happened and is sealed."""

    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """What is broken, how, and the test that must fail for it, in the file of the promise."""

    promise: int
    says: str
    plant: Mutation | Schema | Rows
    killed_by: str


def bug(promise: int, says: str, *, plant: Mutation | Schema | Rows, killed_by: str) -> Bug:
    """A line of the table."""
    return Bug(promise=promise, says=says, plant=plant, killed_by=killed_by)


def rows(*statements: str) -> Rows:
    """Tampering; `{jun}` stands for the account of a member who has earned, lost, attended and spent."""
    jun = "(select account_id from member where member_id = 'jun')"
    return Rows(tuple(statement.replace("{jun}", jun) for statement in statements))


OPENED_AGAIN = (
    "drop trigger season_edges on season; create trigger season_edges before insert or update on season for each row"
    " execute function guard_state('open>closing closing>provisional provisional>final final>open',"
    " 'state standings_hash'); alter table season enable always trigger season_edges"
)
ON_THE_BALANCE_ALONE = (
    "alter table entry drop constraint entry_affordable_check; alter table entry add check"
    " (points > 0 or balance_after >= 0 or kind in ('reversal', 'penalty', 'capture', 'merge') or overdraft)"
)
LAST = "seq = (select max(seq) from entry where account_id = {jun})"
CUT_OFF = (
    f"delete from entry where account_id = {{jun}} and {LAST}",
    (
        "update account a set version = e.seq, head = e.hash, balance = e.balance_after from entry e"
        f" where a.account_id = {{jun}} and e.account_id = {{jun}} and e.{LAST}"
    ),
)
SWAPPED = tuple(
    f"update entry set seq = {to} where account_id = {{jun}} and seq = {number}"
    for number, to in ((1, 1000), (2, 1), (1000, 2))
)

PLANTED = (
    bug(
        1,
        "the trigger of entries is gone",
        plant=Schema("drop trigger entry_append_only on entry"),
        killed_by="test_even_the_owner_may_neither_change_nor_remove",
    ),
    bug(
        1,
        "the trigger of decisions is an ordinary one, which a session can switch off",
        plant=Schema("alter table event enable trigger event_append_only"),
        killed_by="test_who_switches_ordinary_triggers_off_is_refused_too",
    ),
    bug(
        1,
        "the service may update the audit",
        plant=Schema("grant update on audit to rewards_service"),
        killed_by="test_the_protections_in_force_are_known",
    ),
    bug(
        1,
        "a final season can be opened again",
        plant=Schema(OPENED_AGAIN),
        killed_by="test_a_season_moves_along_listed_edges_only",
    ),
    bug(
        2,
        "what is held counts as gone in an entry's balance",
        plant=mutations.held_counts_as_gone,
        killed_by="test_a_day_in_which_points_come_and_go",
    ),
    bug(
        2,
        "the account is written a point off its entries",
        plant=mutations.the_account_is_a_point_off,
        killed_by="test_a_day_in_which_points_come_and_go",
    ),
    bug(
        2,
        "an entry is recorded by the clock, also where that was set back",
        plant=mutations.entries_are_recorded_by_the_clock,
        killed_by="test_a_day_in_which_points_come_and_go",
    ),
    bug(
        3,
        "a reversal is booked as an adjustment",
        plant=mutations.reversals_are_adjustments,
        killed_by="test_a_reversal_returns_its_points_to_where_they_came_from",
    ),
    bug(
        3,
        "a reversal takes a point less than its award gave",
        plant=mutations.reversals_lose_a_point,
        killed_by="test_members_and_contras_sum_to_zero",
    ),
    bug(
        3,
        "an entry needs no contra",
        plant=Schema("alter table entry alter contra drop not null"),
        killed_by="test_an_entry_without_a_contra_or_without_points_is_refused",
    ),
    bug(
        4,
        "nothing in the database keeps an event from being decided twice",
        plant=Schema("alter table event drop constraint event_pkey cascade"),
        killed_by="test_of_fifty_callers_with_other_content_one_is_answered_and_the_rest_learn_of_it",
    ),
    bug(
        4,
        "other content under the same id is answered with the first decision",
        plant=mutations.whatever_is_known_is_the_answer,
        killed_by="test_of_fifty_callers_with_other_content_one_is_answered_and_the_rest_learn_of_it",
    ),
    bug(
        4,
        "a decision that moved no points is not kept",
        plant=mutations.what_moved_nothing_is_forgotten,
        killed_by="test_what_moved_no_points_is_stored_and_answered_again_too",
    ),
    bug(
        4,
        "a repeated event is answered with the balance of now",
        plant=mutations.answers_are_made_anew,
        killed_by="test_the_answer_is_the_same_word_for_word_after_everything_has_changed",
    ),
    bug(
        5,
        "the CHECK looks at the balance alone",
        plant=Schema(ON_THE_BALANCE_ALONE),
        killed_by="test_with_100_and_80_held_a_debit_of_50_is_refused_by_the_database",
    ),
    bug(
        5,
        "the database takes a hold that leaves less than nothing",
        plant=Schema("alter table hold drop constraint hold_affordable_check"),
        killed_by="test_the_database_refuses_a_hold_that_leaves_less_than_nothing",
    ),
    bug(
        5,
        "what is held can be set aside once more",
        plant=mutations.what_is_held_can_be_spent,
        killed_by="test_a_hold_is_refused_beyond_what_is_available",
    ),
    bug(
        5,
        "what has lapsed stays until a night's sweep",
        plant=mutations.what_has_lapsed_stays,
        killed_by="test_what_has_lapsed_cannot_be_spent",
    ),
    bug(
        5,
        "a hold leaves what lapses first in its lots",
        plant=mutations.holds_leave_lots_alone,
        killed_by="test_what_has_lapsed_cannot_be_spent",
    ),
    bug(
        6,
        "nobody looks whether the database commits durably",
        plant=mutations.nobody_looks_how_durable_it_is,
        killed_by="test_a_database_that_would_not_keep_the_promise_is_refused_at_connect",
    ),
    bug(
        6,
        "an answer leaves without a commit",
        plant=mutations.answers_leave_without_a_commit,
        killed_by="test_an_answer_leaves_after_the_commit",
    ),
    bug(
        6,
        "an answer leaves whatever the commit says",
        plant=mutations.answers_leave_before_the_commit,
        killed_by="test_an_answer_leaves_after_the_commit",
    ),
    bug(
        7,
        "accounts are read without a lock",
        plant=mutations.accounts_are_read_without_a_lock,
        killed_by="test_batches_with_the_same_members_and_events_in_opposite_order",
    ),
    bug(
        7,
        "accounts are locked in any order",
        plant=mutations.accounts_are_locked_in_any_order,
        killed_by="test_batches_with_the_same_members_and_events_in_opposite_order",
    ),
    bug(
        7,
        "events are written in the order in which they come",
        plant=mutations.events_are_written_as_they_come,
        killed_by="test_batches_of_others_with_the_same_events_in_opposite_order",
    ),
    bug(
        8,
        "the chain of entries leaves a column out",
        plant=mutations.the_entries_chain_leaves_overdraft_out,
        killed_by="test_the_heads_follow_from_the_rows_from_the_first_one_on",
    ),
    bug(
        8,
        "the chain of decisions leaves a column out",
        plant=mutations.the_decisions_chain_leaves_the_reason_out,
        killed_by="test_the_heads_follow_from_the_rows_from_the_first_one_on",
    ),
    bug(
        8,
        "only decisions that move points are chained",
        plant=mutations.only_what_moves_points_is_chained,
        killed_by="test_a_decision_without_an_entry_advances_the_decisions_head_too",
    ),
    bug(
        8,
        "an amount is changed",
        plant=rows("update entry set points = points + 1 where account_id = {jun} and seq = 1"),
        killed_by="test_what_was_sealed_and_left_alone_is_clean",
    ),
    bug(
        8,
        "two entries have changed places",
        plant=rows(*SWAPPED),
        killed_by="test_what_was_sealed_and_left_alone_is_clean",
    ),
    bug(
        8,
        "an entry in the middle is gone",
        plant=rows("delete from entry where account_id = {jun} and seq = 2"),
        killed_by="test_what_was_sealed_and_left_alone_is_clean",
    ),
    bug(
        8,
        "the sealed tail is cut off, and the account set back to what it was before",
        plant=rows(*CUT_OFF),
        killed_by="test_the_ledger_is_what_its_blocks_have_sealed",
    ),
    bug(
        8,
        "a decision that moved nothing is gone, so that a retry would be paid",
        plant=rows("delete from event where outcome = 'ignored'"),
        killed_by="test_what_was_sealed_and_left_alone_is_clean",
    ),
    bug(
        8,
        "a block is signed by somebody else",
        plant=rows("update block set signature = decode(repeat('00', 64), 'hex')"),
        killed_by="test_the_ledger_is_what_its_blocks_have_sealed",
    ),
    bug(
        9,
        "every moment is told the present",
        plant=mutations.every_moment_is_told_the_present,
        killed_by="test_every_moment_is_answered_as_it_was_then",
    ),
    bug(
        9,
        "the statement lacks what was recorded at the moment itself",
        plant=mutations.the_statement_is_a_moment_late,
        killed_by="test_every_moment_is_answered_as_it_was_then",
    ),
    bug(
        9,
        "a moment told in milliseconds does not reach to the end of its millisecond",
        plant=mutations.a_millisecond_is_an_instant,
        killed_by="test_the_moment_that_an_entry_tells_of_itself_includes_it",
    ),
    bug(
        10,
        "an export forgets a table",
        plant=mutations.greetings_stay_behind,
        killed_by="test_every_row_and_every_head_comes_back",
    ),
    bug(
        10,
        "an import leaves the triggers off",
        plant=mutations.triggers_stay_off,
        killed_by="test_the_database_protects_its_rows_again_and_goes_on",
    ),
    bug(
        10,
        "one person is given everybody's audit",
        plant=mutations.a_person_gets_everybodys_audit,
        killed_by="test_one_person_gets_all_that_is_kept_of_them_and_nothing_of_others",
    ),
)
