"""Delivering messages to the forum: every endpoint is a lane; while it has something to send, with a thread."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import structlog

from market.codes import code_keys
from rewards.commands.context import Context
from rewards.runtime.database import transaction
from rewards.webhooks.backoff import GONE
from rewards.webhooks.deliveries import (
    PAUSE,
    Attempt,
    Outgoing,
    due_lanes,
    give_back,
    lease,
    next_outgoing,
    record_attempts,
)
from rewards.webhooks.endpoints import signers_of
from rewards.webhooks.envelope import body_of, headers_of
from workers.outgoing import Receiver

LANES_AT_ONCE = 16
MESSAGES_AT_ONCE = 20
LOOK_EVERY_S = 0.25
TAKES_LANES_FOR_S = 25.0
LANE_FOR_S = 15.0
"""A lane is left to the next job after so long, well before its lease ends."""

log = structlog.get_logger()


def deliver(*, context: Context) -> int:
    """Send whatever is due, until nothing is or TAKES_LANES_FOR_S have passed; answers how many attempts were made.

    A receiver that hangs holds up its own lane only: others are looked for meanwhile.
    """
    began_s, made = time.monotonic(), 0
    running: dict[UUID, Future[int]] = {}
    with ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="lane") as pool:
        while True:
            for endpoint_id in [one for one, future in running.items() if future.done()]:
                made += running.pop(endpoint_id).result()
            due = _due(context) if time.monotonic() - began_s < TAKES_LANES_FOR_S else []
            new = [endpoint_id for endpoint_id in due if endpoint_id not in running][: LANES_AT_ONCE - len(running)]
            running |= {endpoint_id: pool.submit(run_lane, endpoint_id, context=context) for endpoint_id in new}
            if not running:
                return made
            time.sleep(LOOK_EVERY_S)


def run_lane(endpoint_id: UUID, *, context: Context) -> int:
    """Send what is due to one endpoint, in order; answers how many attempts were made."""
    with transaction(context.engine) as session:
        url = lease(session, endpoint_id, now=context.clock())
    if url is None:
        return 0
    receiver = Receiver(url, allowed=context.settings.webhook_networks)
    made, pause = 0, None
    try:
        began_s = time.monotonic()
        while pause is None and time.monotonic() - began_s < LANE_FOR_S:
            attempts = _some(endpoint_id, receiver=receiver, context=context)
            made += len(attempts)
            if not attempts:
                break
            if attempts[-1].answer.status is None:
                pause = PAUSE
    finally:
        receiver.close()
        _leave(endpoint_id, pause=pause, context=context)
    return made


def _due(context: Context) -> list[UUID]:
    with transaction(context.engine) as session:
        return due_lanes(session, now=context.clock())


def _some(endpoint_id: UUID, *, receiver: Receiver, context: Context) -> Sequence[Attempt]:
    """Attempt a few deliveries and keep what became of them; fewer where the receiver is slow or not there."""
    keys = code_keys(context.settings.code_keys)
    with transaction(context.engine) as session:
        coming = next_outgoing(session, endpoint_id, limit=MESSAGES_AT_ONCE, now=context.clock())
        signers = signers_of(session, endpoint_id, fernet=keys.fernet, now=context.clock())
    attempts: list[Attempt] = []
    began_s = time.monotonic()
    for outgoing in coming:
        body = body_of(outgoing)
        began_at, sent_s = context.clock(), time.monotonic()
        answer = receiver.post(body, headers_of(outgoing, body, signers=signers, now=began_at))
        took_ms = int((time.monotonic() - sent_s) * 1000)
        attempts.append(Attempt(outgoing, answer, began_at, took_ms, random.random()))  # noqa: S311 -- jitter
        _say(endpoint_id, outgoing=outgoing, attempt=attempts[-1])
        if answer.status in (None, GONE) or time.monotonic() - began_s > LANE_FOR_S / 3:
            break
    with transaction(context.engine) as session:
        record_attempts(session, endpoint_id, attempts=attempts, now=context.clock())
    return attempts


def _leave(endpoint_id: UUID, *, pause: timedelta | None, context: Context) -> None:
    paused_until = None if pause is None else context.clock() + pause
    with transaction(context.engine) as session:
        give_back(session, endpoint_id, paused_until=paused_until)


def _say(endpoint_id: UUID, *, outgoing: Outgoing, attempt: Attempt) -> None:
    if attempt.answer.delivered:
        return
    log.warning(
        "webhook.not_delivered",
        endpoint=str(endpoint_id),
        message=str(outgoing.message_id),
        type=outgoing.type,
        attempt=outgoing.attempts + 1,
        status=attempt.answer.status,
        error=attempt.answer.error,
    )
