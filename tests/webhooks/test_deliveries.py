"""Messages reach receivers of every kind: signed, again and again, and never inwards."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from standardwebhooks import Webhook

from market.codes import code_keys
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.webhooks.deliveries import lease, send_again, send_failed_again
from rewards.webhooks.endpoints import disable_endpoint, rotate_secret
from tests.support.clock import START
from tests.support.factories import make_comment
from tests.support.receivers import Received, Receiver, dripping, hanging, receiving, saying
from tests.webhooks.conftest import Post
from workers import outgoing
from workers.deliver import deliver
from workers.outgoing import may_be_called

PRIVATE = ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "0.0.0.0")


def is_signed(received: Received, secret: str) -> bool:
    """Whether one of a request's signatures is by the secret, whatever the time."""
    at = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    signature = Webhook(secret).sign(received.headers["webhook-id"], at, received.body.decode())
    return signature in received.headers["webhook-signature"].split(" ")


def happen(post: Post, *members: str) -> None:
    """One award for each."""
    now = post.clock()
    post.world.record(*[make_comment(member, at=now) for member in members], now=now)


def test_a_message_says_what_happened_and_is_signed(post: Post) -> None:
    # given: the real time, since a receiver looks at a signature's age
    post.clock.set(now_utc())
    with receiving() as receiver:
        _, secret = post.tell_secretly(receiver.url, "points.awarded")
        happen(post, "mina")

        post.send()

    (received,) = receiver.received
    document = received.document
    assert document["type"] == "points.awarded"
    assert document["number"] == 1
    assert document["data"]["member"] == {"id": "mina"}
    assert document["data"]["points"] == 10
    assert set(document["data"]) == {"member", "points", "season", "event"}
    assert Webhook(secret).verify(received.body, dict(received.headers)) == document


def test_during_a_rotation_both_secrets_prove_it(post: Post) -> None:
    fernet = code_keys(post.context.settings.code_keys).fernet
    with receiving() as receiver:
        endpoint_id, old = post.tell_secretly(receiver.url)
        with transaction(post.context.engine) as session:
            _, new = rotate_secret(session, endpoint_id, fernet=fernet, now=post.clock())
        happen(post, "mina")
        post.send()
        post.clock.advance(hours=25)
        happen(post, "mina")
        post.send()

    during, after = receiver.received
    assert [is_signed(during, old), is_signed(during, new)] == [True, True]
    assert [is_signed(after, old), is_signed(after, new)] == [False, True]


def test_a_member_s_messages_come_in_order_under_the_same_id_when_sent_again(post: Post) -> None:
    with receiving(saying(500, 204)) as receiver:
        endpoint_id = post.tell(receiver.url, "points.awarded")
        happen(post, "mina")
        post.send()
        (failed,) = post.deliveries(endpoint_id)
        post.clock.advance(seconds=7)
        post.send()

    assert (failed.state, failed.status, failed.attempts) == ("waiting", 500, 1)
    (delivered,) = post.deliveries(endpoint_id)
    assert (delivered.state, delivered.status, delivered.attempts) == ("delivered", 204, 2)
    assert [one.headers["webhook-id"] for one in receiver.received] == [f"msg_{delivered.message_id}"] * 2
    assert receiver.received[0].body == receiver.received[1].body


def test_one_that_never_takes_it_is_asked_ten_times_and_the_message_is_kept(post: Post) -> None:
    with receiving(saying(500)) as receiver:
        endpoint_id = post.tell(receiver.url)
        happen(post, "mina")
        for _ in range(12):
            post.send()
            post.clock.advance(hours=40)
        assert len(receiver.received) == 10
        (delivery,) = post.deliveries(endpoint_id)
        assert delivery.state == "failed"

        # when: somebody asks for it
        with transaction(post.context.engine) as session:
            assert send_failed_again(session, endpoint_id, since=START, now=post.clock()) == 1
        post.send()

    assert len(receiver.received) == 11


def test_a_receiver_that_is_gone_is_told_nothing_more_and_all_is_kept(post: Post) -> None:
    with receiving(saying(410, 204)) as receiver:
        endpoint_id = post.tell(receiver.url)
        happen(post, "mina", "jun", "sora")
        post.send()
        post.clock.advance(minutes=1)
        happen(post, "mina")
        post.send()

    assert len(receiver.received) == 1
    assert [one.state for one in post.deliveries(endpoint_id)] == ["failed"] * 4


def test_retry_after_is_honoured(post: Post) -> None:
    with receiving(saying(503, headers={"Retry-After": "7200"})) as receiver:
        endpoint_id = post.tell(receiver.url)
        happen(post, "mina")
        post.send()

    (delivery,) = post.deliveries(endpoint_id)
    assert delivery.next_at == post.clock() + timedelta(hours=2)


def test_a_redirect_is_not_followed(post: Post) -> None:
    with receiving() as inside, receiving(saying(302, headers={"Location": inside.url})) as receiver:
        endpoint_id = post.tell(receiver.url)
        happen(post, "mina")
        post.send()

    assert inside.received == []
    assert [(one.state, one.status) for one in post.deliveries(endpoint_id)] == [("waiting", 302)]


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_is_sent_inwards(address: str) -> None:
    assert not may_be_called(ip_address(address), allowed=())
    assert may_be_called(ip_address(address), allowed=[ip_network("0.0.0.0/0"), ip_network("::/0")])


def test_an_address_inside_that_nobody_allowed_is_not_even_called(post: Post) -> None:
    strict = replace(post.context, settings=replace(post.context.settings, webhook_networks=()))
    with receiving() as receiver:
        endpoint_id = post.tell(receiver.url.replace("127.0.0.1", "localhost"))
        happen(post, "mina")
        post.collect()
        deliver(context=strict)

    assert receiver.received == []
    (delivery,) = post.deliveries(endpoint_id)
    assert delivery.error is not None
    assert "not public" in delivery.error


@pytest.mark.parametrize("kind", ["hangs", "drips", "dead"])
def test_a_bad_receiver_delays_no_other(post: Post, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_S", 3.0)
    itself: list[Receiver] = []
    bad = hanging(itself) if kind == "hangs" else dripping(itself)
    with receiving(bad, itself=itself) as receiver, receiving() as good:
        url = "http://127.0.0.1:1/" if kind == "dead" else receiver.url
        slow_id, good_id = post.tell(url), post.tell(good.url)
        happen(post, *[f"member-{number}" for number in range(30)])
        began_s = time.monotonic()
        post.send()
        took_s = time.monotonic() - began_s
        taken_s = [one.began_at for one in post.deliveries(good_id)]

    assert len(good.received) == 30 == len(taken_s)
    assert {one.state for one in post.deliveries(good_id)} == {"delivered"}
    waiting = post.deliveries(slow_id)
    assert {one.state for one in waiting} == {"waiting"}
    assert [one.attempts for one in waiting].count(1) == 1, "its lane rests after the first"
    assert took_s < 60


def test_a_lane_is_taken_by_one_at_a_time_and_comes_back_when_its_sender_dies(post: Post) -> None:
    with receiving() as receiver:
        endpoint_id = post.tell(receiver.url)
        happen(post, "mina")
        post.collect()
        with transaction(post.context.engine) as session:
            assert lease(session, endpoint_id, now=post.clock()) == receiver.url
        nothing = deliver(context=post.context)
        post.clock.advance(seconds=61)

        sent = deliver(context=post.context)

    assert (nothing, sent) == (0, 1)


def test_what_a_disabled_webhook_is_not_told_can_be_sent_later(post: Post) -> None:
    with receiving() as receiver:
        endpoint_id = post.tell(receiver.url)
        with transaction(post.context.engine) as session:
            disable_endpoint(session, endpoint_id, why="staff", now=post.clock())
        happen(post, "mina")
        post.send()
        assert receiver.received == []
        (kept,) = post.deliveries(endpoint_id)

        with transaction(post.context.engine) as session:
            assert send_again(session, endpoint_id, message_id=kept.message_id, now=post.clock())

    assert kept.state == "failed"
