"""What the village's forum is told: a webhook whose receiver has had a bad hour."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from rewards.webhooks.backoff import Answer
from rewards.webhooks.deliveries import Attempt, next_outgoing, record_attempts
from rewards.webhooks.fan_out import fan_out
from tests.support.http import Caller
from tests.support.village import NOW
from tests.support.world import World

TYPES = ["redemption.requested", "redemption.fulfilled", "redemption.rejected", "level.up", "season.settled"]


def add_webhook(mina: Caller) -> UUID:
    """The forum wants to know of redemptions; of what happens from now on."""
    body = {"url": "https://forum.example/hooks/rewards?from=points", "types": TYPES}
    answer: Any = mina.post("/v1/staff/webhooks", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return UUID(answer.get_json()["id"])


def tell(world: World, endpoint_id: UUID) -> None:
    """Most arrived; the last one was answered with a 500, and one before it with nothing at all."""
    world.run(lambda session: fan_out(session, now=NOW))
    coming = world.run(lambda session: next_outgoing(session, endpoint_id, limit=100, now=NOW))
    answers = [Answer(204) for _ in coming]
    answers[-2:] = [Answer(None, error="ConnectTimeoutError: no answer within 5 s"), Answer(500)]
    attempts = [
        Attempt(one, answer, NOW - timedelta(minutes=4), 38 + 7 * number, 0.5)
        for number, (one, answer) in enumerate(zip(coming, answers, strict=True))
    ]
    world.run(lambda session: record_attempts(session, endpoint_id, attempts=attempts, now=NOW))
