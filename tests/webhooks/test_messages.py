"""What happens becomes messages, each once, in order, naming nobody but its member."""

import threading
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ledger.outbox import Notice, emit
from rewards.members.erase import erase
from rewards.runtime.database import transaction
from rewards.webhooks.fan_out import fan_out
from tests.support.clock import START, SettableClock
from tests.support.factories import make_comment, make_event
from tests.support.receivers import receiving
from tests.webhooks.conftest import Post

NOWHERE = "https://forum.example/hook"


def test_what_happened_before_somebody_wants_to_know_is_not_told(post: Post) -> None:
    post.world.record(make_comment("mina"))

    post.tell(NOWHERE)

    assert post.collect() == 0


def test_a_member_s_messages_are_numbered_without_a_gap(post: Post) -> None:
    endpoint_id = post.tell(NOWHERE)
    for minute in range(4):
        at = START + timedelta(minutes=minute)
        post.world.record(make_comment("mina", at=at), make_comment("jun", at=at), now=at)
        post.collect()

    told = [(one.account_id, one.number) for one in post.deliveries(endpoint_id) if one.type == "points.awarded"]

    mina, jun = post.world.account_id("mina"), post.world.account_id("jun")
    assert [number for account, number in told if account == mina] == [1, 2, 3, 4]
    assert [number for account, number in told if account == jun] == [1, 2, 3, 4]


def test_only_what_was_asked_for_is_told(post: Post) -> None:
    wanted = post.tell(NOWHERE, "attendance.checked_in")
    post.world.record(make_event("member.joined", "mina"))
    post.world.check_in("mina")

    post.collect()

    assert [one.type for one in post.deliveries(wanted)] == ["attendance.checked_in"]


def test_reaching_a_level_is_told(post: Post) -> None:
    endpoint_id = post.tell(NOWHERE, "level.up")
    member, hours = "mina", 24 * 7
    for hour in range(0, hours, 24):
        at = START + timedelta(hours=hour)
        posts = [
            make_event("post.created", member, subject=f"post:{hour}:{number}", at=at + timedelta(minutes=2 * number))
            for number in range(10)
        ]
        post.world.record(*posts, now=at + timedelta(hours=1))

    post.collect()

    assert len(post.deliveries(endpoint_id)) == 1, "1,400 points are one level"


def test_many_who_collect_at_once_tell_everything_once(post: Post, engine: Engine) -> None:
    # given: notices of transactions that commit while others collect
    endpoint_id = post.tell(NOWHERE)
    made: list[int] = []
    done = threading.Event()

    def collect() -> None:
        while not done.is_set():
            with transaction(engine) as session:
                made.append(fan_out(session, now=START))

    def write(name: str) -> None:
        for number in range(20):
            with Session(engine) as session:
                payload = {"redemption_id": f"{name}:{number}", "state": "requested"}
                emit(session, [Notice("redemption", None, payload)], now=START)
                session.commit()

    collectors = [threading.Thread(target=collect) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in [*collectors, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in collectors:
        thread.join()
    made.append(post.collect())

    # then
    data = post.world.rows("select data ->> 'redemption_id' as id from webhook_message")
    assert sorted(row.id for row in data) == sorted(f"{name}:{number}" for name in "abcd" for number in range(20))
    assert sum(made) == 80 == len(post.deliveries(endpoint_id))


def test_a_transaction_that_commits_late_is_told_late_and_not_lost(post: Post, engine: Engine) -> None:
    endpoint_id = post.tell(NOWHERE)
    with Session(engine) as slow:
        emit(slow, [Notice("redemption", None, {"redemption_id": "slow", "state": "requested"})], now=START)
        post.world.record(make_comment("mina"))
        first = post.collect()
        slow.commit()

    second = post.collect()

    assert (first, second) == (1, 1)
    assert [one.type for one in post.deliveries(endpoint_id)] == ["points.awarded", "redemption.requested"]


def test_an_erased_member_is_named_in_no_message(post: Post, clock: SettableClock) -> None:
    post.tell(NOWHERE)
    post.world.record(make_comment("mina-who-leaves"), make_comment("jun"))
    post.collect()

    post.world.run(lambda session: erase(session, "mina-who-leaves", now=clock()))

    kept = post.world.rows("select cast(data as text) as data from webhook_message")
    assert len(kept) == 1
    assert not any("mina-who-leaves" in row.data for row in kept)


def test_secrets_lie_encrypted(post: Post) -> None:
    with receiving() as receiver:
        endpoint_id, secret = post.tell_secretly(receiver.url)

    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_").encode() not in post.stored_secret(endpoint_id)
