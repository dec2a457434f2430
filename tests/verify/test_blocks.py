"""Sealed blocks: what was sealed can neither be cut off nor rewritten without a trace (promise 8)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from ledger import blocks
from ledger.blocks import Block, hash_of_leaf, leaves_of, seal
from ledger.merkle import root_by_path
from ledger.postings import AccountState, EntryRow, Posting, post
from ledger.proof import inclusion_of
from ledger.signing import Keyring, keyring_of, new_key, shown
from ledger.tail import prune
from ledger.verify import ledger_findings
from ledger.verify_blocks import block_part, kept_findings, sealed_findings
from ledger.verify_slices import ACCOUNTS, Part, cut_accounts
from rewards.earning.record import record
from rewards.runtime.database import snapshot, transaction
from tests.support.everything import LATER
from tests.support.factories import make_comment, make_event
from tests.support.world import World
from tests.verify.conftest import Tamper

KEYRING = keyring_of([new_key()])


def sealed(world: World, *, keyring: Keyring = KEYRING, now: Any = LATER) -> Block | None:
    return world.run(lambda session: seal(session, keyring=keyring, now=now))


def found(engine: Engine, *, keyring: Keyring = KEYRING) -> list[str]:
    with snapshot(engine) as session:
        accounts = Part(name="accounts", keys=ACCOUNTS, cut=cut_accounts, checks=(sealed_findings,))
        return [
            f"{one.check}: {one.says}"
            for part in (block_part(keyring), accounts)
            for piece in part.slices(session)
            for one in part.findings(session, piece)
        ]


def heads(world: World) -> list[Any]:
    return world.rows("select account_id, version, head, decisions, decision_head from account order by account_id")


def test_the_first_block_seals_every_account_and_a_second_one_nothing(world: World, engine: Engine) -> None:
    block = sealed(world)

    assert block is not None
    assert world.run(lambda session: [tuple(leaf) for leaf in leaves_of(session, 1)]) == [
        (row.account_id, row.version, bytes(row.head), row.decisions, bytes(row.decision_head))
        for row in heads(world)
        if row.version or row.decisions
    ]
    assert sealed(world) is None
    assert found(engine) == []


def test_a_block_seals_those_who_changed_since_and_names_the_one_before(world: World, engine: Engine) -> None:
    first = sealed(world)
    world.record(make_comment("jun", at=LATER), now=LATER)
    world.check_in("sora", now=LATER)

    second = sealed(world)

    assert first
    assert second
    assert (second.height, second.previous) == (2, first.hash)
    changed = world.run(lambda session: {leaf.account_id for leaf in leaves_of(session, 2)})
    assert changed == {world.account_id("jun"), world.account_id("sora")}
    assert found(engine) == []


@pytest.mark.parametrize("change", ["ignored", "spent", "given back"])
def test_every_kind_of_change_is_told_to_sealing(world: World, change: str) -> None:
    # given
    sealed(world)
    world.run(lambda session: session.execute(text("delete from outbox")))
    before = {row.account_id: tuple(row) for row in heads(world)}

    # when
    if change == "ignored":
        world.record(make_event("poll.voted", "jun", at=LATER), now=LATER)
    elif change == "spent":
        world.record(make_event("post.created", "jun", at=LATER, board="market", subject="post:77"), now=LATER)
    else:
        world.record(make_event("comment.deleted", "jun", subject="comment:2", at=LATER), now=LATER)

    # then
    after = {row.account_id: tuple(row) for row in heads(world)}
    moved = {account_id for account_id, row in after.items() if row != before.get(account_id)}
    assert sealed(world) is not None
    assert world.run(lambda session: {leaf.account_id for leaf in leaves_of(session, 2)}) == moved
    assert moved


def test_what_commits_while_a_block_is_sealed_is_in_the_next(world: World, engine: Engine) -> None:
    # given: a writer that has written and not committed
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction(engine) as session:
            record(session, [make_comment("jun", at=LATER)], terms=world.terms, now=LATER)
            written.set()
            assert go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        assert written.wait(10)

        # when: others seal before and after it
        world.check_in("sora", now=LATER)
        sealed(world)
        go_on.set()
        done.result(10)
        sealed(world)

    # then
    assert world.run(lambda session: [leaf.account_id for leaf in leaves_of(session, 2)]) == [world.account_id("jun")]
    assert found(engine) == []


def test_sealers_at_once_leave_no_gap(world: World, engine: Engine) -> None:
    def record_and_seal(number: int) -> None:
        world.record(make_comment(f"member-{number}", at=LATER), now=LATER)
        sealed(world)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(record_and_seal, range(12)))

    sealed(world)
    assert found(engine) == []


def test_more_accounts_than_a_block_takes_go_into_the_next_ones(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "LEAVES_MAX", 2)

    heights = []
    while block := sealed(world):
        heights.append(block.height)

    assert heights == [1, 2]
    assert found(engine) == []


@pytest.mark.parametrize("loss", ["restored elsewhere", "outbox pruned", "set back"])
def test_where_the_outbox_cannot_tell_all_accounts_are_looked_at(
    world: World, engine: Engine, superuser: psycopg.Connection[Any], tamper: Tamper, loss: str
) -> None:
    # given
    sealed(world)
    world.record(make_comment("jun", at=LATER), now=LATER)

    # when
    if loss == "restored elsewhere":
        superuser.execute("update outbox_generation set generation = generation + 1")
    elif loss == "outbox pruned":
        world.run(lambda session: prune(session, before=LATER + timedelta(days=1)))
    else:
        tamper("update block set snapshot = '9999999999:9999999999:'")
        world.run(lambda session: session.execute(text("delete from outbox")))

    # then
    assert sealed(world) is not None
    assert world.run(lambda session: [leaf.account_id for leaf in leaves_of(session, 2)]) == [world.account_id("jun")]
    assert found(engine) == []


def test_a_member_gets_a_proof_that_leads_to_the_signed_root(world: World) -> None:
    sealed(world)

    for row in heads(world):
        proof = world.run(lambda session, row=row: inclusion_of(session, row.account_id))
        assert proof is not None
        leaf = hash_of_leaf(proof.leaf)
        assert root_by_path(leaf, index=proof.index, size=proof.block.leaves, path=proof.path) == proof.block.root


def test_a_new_key_signs_and_the_old_ones_public_half_still_proves(world: World, engine: Engine) -> None:
    old = keyring_of([new_key()])
    sealed(world, keyring=old)
    world.check_in("sora", now=LATER)
    secret = new_key()

    rotated = keyring_of([secret, shown(old.signing.public_key())])
    sealed(world, keyring=rotated)

    assert found(engine, keyring=rotated) == []
    assert found(engine, keyring=keyring_of([secret])) == [f"signatures: no trusted key {old.key_id} has signed it"]


TAMPERINGS: dict[str, tuple[str, str]] = {
    "update block set root = hash where height = 1": ("blocks", "its hash is not that of its fields"),
    "update block set signature = decode(repeat('00', 64), 'hex') where height = 2": ("signatures", "has signed it"),
    "update block set key_id = 'another'": ("signatures", "no trusted key another"),
    "update block set previous = root where height = 2": ("blocks", "it does not follow from the block before"),
    "update block set sealed_at = sealed_at - interval '1 day' where height = 2": ("blocks", "its hash is not"),
    "update block_leaf set version = version + 1 where height = 1": ("blocks", "its root is not that of its leaves"),
    "update block_leaf set decision_head = head where height = 1": ("blocks", "its root is not that of its leaves"),
    "delete from block_leaf where height = 1 and account_id = (select min(account_id::text)::uuid from block_leaf)": (
        "blocks",
        "leaves are there",
    ),
    "delete from block_leaf where height = 1; delete from block where height = 1": ("blocks", "block 1 is missing"),
}


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_a_changed_block_is_named(world: World, engine: Engine, tamper: Tamper, statement: str) -> None:
    # given
    sealed(world)
    world.check_in("sora", now=LATER)
    sealed(world)

    # when
    tamper(*statement.split("; "))

    # then
    check, says = TAMPERINGS[statement]
    assert any(one.startswith(f"{check}: ") and says in one for one in found(engine)), found(engine)


def test_a_tail_that_is_cut_off_with_all_that_knew_of_it_is_named(world: World, engine: Engine, tamper: Tamper) -> None:
    # given: an account whose last decision and entry are sealed
    world.record(make_comment("late", at=LATER), make_comment("late", at=LATER + timedelta(minutes=1)), now=LATER)
    account = world.account_id("late")
    sealed(world)

    # when: they are removed, and the account is set back to what it was before
    tamper(*_cut_off(account))

    # then: the chains are whole, and only what was sealed tells
    with snapshot(engine) as session:
        assert [one.check for one in ledger_findings(session) if str(account) in one.where] == []
    assert found(engine) == ["sealed: entry 2 was sealed in block 1 and is gone"]


def test_a_history_that_is_rewritten_from_its_first_row_on_is_named(
    world: World, engine: Engine, superuser: psycopg.Connection[Any], tamper: Tamper
) -> None:
    # given
    sealed(world)
    account = world.account_id("jun")

    # when: every entry is posted again with one point more in the first, all hashes and the account with it
    tamper(*_rewritten(world, account))

    # then
    with snapshot(engine) as session:
        chains = {"entries", "balances", "heads", "accounts"}
        assert [one for one in ledger_findings(session) if one.check in chains] == []
    assert any("is not what block 1 sealed: it was rewritten" in one for one in found(engine))


def test_a_history_that_is_rewritten_and_sealed_anew_is_caught_by_heads_kept_outside(
    world: World, engine: Engine, tamper: Tamper
) -> None:
    # given: somebody outside keeps the first block's hash
    block = sealed(world)
    assert block is not None
    kept = {block.height: block.hash}

    # when: history is rewritten, all blocks are thrown away, and sealed anew with the true key
    tamper(*_rewritten(world, world.account_id("jun")), "delete from block_leaf", "delete from block")
    sealed(world)

    # then
    assert [one for one in found(engine) if one.startswith(("blocks", "sealed", "signatures"))] == []
    with snapshot(engine) as session:
        (told,) = kept_findings(session, kept)
    assert "history was rewritten" in told.says


def test_blocks_that_are_gone_are_missed_by_whoever_kept_them(world: World, engine: Engine, tamper: Tamper) -> None:
    sealed(world)
    tamper("delete from block_leaf", "delete from block")

    with snapshot(engine) as session:
        (told,) = kept_findings(session, {1: b"\1" * 32})

    assert "is not here any more" in told.says


def test_what_was_never_sealed_is_named(world: World, engine: Engine, superuser: psycopg.Connection[Any]) -> None:
    # given: a change of which sealing was not told
    sealed(world)
    world.record(make_comment("jun", at=LATER), now=LATER)
    superuser.execute("delete from outbox where account_id = %s", [world.account_id("jun")])
    world.check_in("sora", now=LATER + timedelta(hours=2))

    # when
    sealed(world, now=LATER + timedelta(hours=2))

    # then
    (told,) = found(engine)
    assert told.startswith("sealing: its entry ")


def _cut_off(account: Any) -> list[str]:
    of_account = f"account_id = '{account}'"
    as_before = (
        "update account a set version = 1, decisions = 1, balance = e.balance_after, lifetime = e.balance_after,"
        " head = e.hash, decision_head = v.hash from entry e join event v using (account_id)"
        f" where a.account_id = e.account_id and e.seq = 1 and v.decision_no = 1 and e.{of_account}"
    )
    cut = [
        f"delete from event where {of_account} and decision_no = 2",
        f"delete from entry where {of_account} and seq = 2",
    ]
    return [*cut, as_before]


def _rewritten(world: World, account_id: Any) -> list[str]:
    """Statements that make an account's first entry worth one point more, and everything after it follow."""
    rows = world.rows(f"select {', '.join(EntryRow._fields)} from entry where account_id = '{account_id}' order by seq")
    account = AccountState.unopened(account_id, rows[0].recorded_at)
    statements: list[str] = []
    posted = {field.name for field in fields(Posting)} & set(EntryRow._fields)
    for number, row in enumerate(rows):
        posting = Posting(**{name: getattr(row, name) for name in posted})
        if number == 0:
            posting = replace(posting, points=posting.points + 1)
        account = replace(account, held=row.held_after, recorded_at=row.recorded_at)
        account, entry = post(account, posting, now=row.recorded_at)
        statements.append(
            f"update entry set points = {entry.points}, balance_after = {entry.balance_after},"
            f" hash = '\\x{entry.hash.hex()}' where account_id = '{account_id}' and seq = {entry.seq}"
        )
    statements.append(
        f"update account set balance = {account.balance}, lifetime = {account.lifetime},"
        f" head = '\\x{account.head.hex()}' where account_id = '{account_id}'"
    )
    return statements
