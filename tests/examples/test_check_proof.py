"""The example checker, run as a stranger runs it, on what the service answers: right proofs pass, no other does."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from ledger.blocks import seal
from ledger.signing import keyring_of, new_key, shown
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, event

CHECKER = Path(__file__).resolve().parents[2] / "examples/check_proof.py"
Document = dict[str, Any]


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    """A forum whose members have done this and that, sealed in two blocks."""
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    key = forum.key()
    for number in range(5):
        for member_id in ("minji", "jun", "sora"):
            sent = event(id=f"{member_id}-{number}", member_id=member_id, type="like.received")
            assert key.post("/v1/events", json=sent).status_code == 201
        if number == 2:
            _seal(forum)
        clock.advance(seconds=61)
    _seal(forum)
    return forum


def _seal(forum: Forum) -> None:
    with transaction(forum.engine) as session:
        assert seal(session, keyring=keyring_of(forum.settings.signing_keys), now=forum.clock()) is not None


def answer(caller: Caller, path: str) -> Document:
    response = caller.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()


@pytest.fixture
def proof(forum: Forum) -> Document:
    return answer(forum.key(), "/v1/members/minji/proof")


@pytest.fixture
def heads(forum: Forum) -> Document:
    return answer(forum.anybody(), "/v1/ledger/heads")


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the checker on files with these documents, outside of the project."""

    def run(proof: Any, heads: Any = None) -> subprocess.CompletedProcess[str]:
        files = []
        for name, document in (("proof", proof), ("heads", heads)):
            if document is not None:
                (tmp_path / f"{name}.json").write_text(json.dumps(document))
                files.append(str(tmp_path / f"{name}.json"))
        command = [sys.executable, "-O", str(CHECKER), *files]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_the_services_own_answer_is_proven(check: Any, proof: Document, heads: Document) -> None:
    told = check(proof, heads)

    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout == "Proven: 5 entries and 25 points, sealed in block 2 as it was kept outside.\n"


def test_it_is_proven_without_heads_kept_outside_and_says_so(check: Any, proof: Document) -> None:
    assert "no heads kept outside were given" in check(proof).stdout


def test_pages_are_one_proof(check: Any, forum: Forum, heads: Document) -> None:
    pages = [answer(forum.key(), "/v1/members/minji/proof?limit=2")]
    while pages[-1]["next"]:
        pages.append(answer(forum.key(), f"/v1/members/minji/proof?limit=2&cursor={pages[-1]['next']}"))

    assert len(pages) == 3
    assert check(pages, heads).returncode == 0


def test_an_older_block_proves_the_statement_as_it_was_then(check: Any, forum: Forum, heads: Document) -> None:
    then = answer(forum.key(), "/v1/members/minji/proof?height=1")

    assert check(then, heads).stdout.startswith("Proven: 3 entries and 15 points, sealed in block 1")


def test_pages_stay_about_one_block_though_others_are_sealed_meanwhile(check: Any, forum: Forum) -> None:
    first = answer(forum.key(), "/v1/members/minji/proof?limit=4")
    forum.key().post("/v1/events", json=event(id="more", member_id="minji", type="like.received"))
    _seal(forum)

    second = answer(forum.key(), f"/v1/members/minji/proof?limit=4&cursor={first['next']}")

    assert check([first, second]).returncode == 0


def _change(document: Document, path: str, value: Any) -> Document:
    changed = copy.deepcopy(document)
    *names, last = path.split(".")
    inner: Any = changed
    for name in names:
        inner = inner[int(name) if name.isdigit() else name]
    inner[int(last) if last.isdigit() else last] = value
    return changed


OTHER_HASH = "ab" * 32
FORGERIES: Mapping[str, Any] = {
    "entries.0.points": 6,
    "entries.1.kind": "grant",
    "entries.2.contra": "issuance:comment.created",
    "entries.2.transfer_id": "019bc9a4-1f6a-7000-8000-000000000001",
    "entries.3.balance_after": 21,
    "entries.3.held_after": 1,
    "entries.3.occurred_at": 1,
    "entries.3.recorded_at": 1,
    "entries.4.season": None,
    "entries.4.month": "2026-01-01",
    "entries.4.reverses": 1,
    "entries.4.award_seq": 1,
    "entries.4.overdraft": True,
    "entries.4.note_digest": OTHER_HASH,
    "entries.4.hash": OTHER_HASH,
    "leaf.version": 4,
    "leaf.head": OTHER_HASH,
    "leaf.decisions": 4,
    "leaf.decision_head": OTHER_HASH,
    "leaf.account_id": "019bc9a4-1f6a-7000-8000-000000000001",
    "index": 2,
    "path": [],
    "path.0": OTHER_HASH,
    "block.height": 1,
    "block.leaves": 2,
    "block.root": OTHER_HASH,
    "block.previous": OTHER_HASH,
    "block.sealed_at": "2026-01-01T00:00:00.000Z",
    "block.hash": OTHER_HASH,
    "block.signature": "ab" * 64,
    "block.key_id": "ab" * 8,
}


@pytest.mark.parametrize("field", FORGERIES)
def test_nothing_that_was_changed_is_proven(check: Any, proof: Document, field: str) -> None:
    told = check(_change(proof, field, FORGERIES[field]))

    assert told.returncode == 1
    assert told.stdout.startswith("NOT proven: "), told.stderr


def test_an_entry_less_or_more_is_not_proven(check: Any, proof: Document) -> None:
    for entries in (proof["entries"][:-1], proof["entries"][1:], [*proof["entries"], proof["entries"][-1]]):
        assert check({**proof, "entries": entries}).returncode == 1


def test_another_members_entries_are_not_proven(check: Any, forum: Forum, proof: Document) -> None:
    other = answer(forum.key(), "/v1/members/jun/proof")

    assert check({**proof, "entries": other["entries"]}).returncode == 1


def test_a_history_that_was_sealed_anew_is_not_the_one_that_was_kept(
    check: Any, proof: Document, heads: Document
) -> None:
    kept = _change(heads, "items.1.hash", OTHER_HASH)

    assert check(proof, kept).returncode == 1
    assert check(proof, {**heads, "items": heads["items"][:1]}).returncode == 1


def test_heads_of_another_key_prove_nothing(check: Any, proof: Document, heads: Document) -> None:
    stranger = keyring_of([new_key()])

    assert check(proof, {**heads, "keys": [shown(stranger.signing.public_key())]}).returncode == 1
