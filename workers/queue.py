"""The queue of rq. It carries work to workers and is trusted with nothing else."""

import time
from datetime import timedelta

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError

from workers.due import DELIVER, Due

QUEUES = ("rewards", "webhooks")
JOB_TIMEOUT_S = 300
KEPT_FAILED_S = int(timedelta(days=1).total_seconds())
AGAIN_AFTER_S = 30
"""A job that is still due after this is put into the queue again under a new name, whatever became of the first."""


def enqueue(client: redis.Redis, due: Due) -> bool:
    """Put a job into the queue, once however many schedulers do; False where it is there already.

    Raises redis.RedisError where Redis is away.
    """
    return _enqueue(client, due, queue=QUEUES[0], kept_s=AGAIN_AFTER_S * 2)


def enqueue_deliveries(client: redis.Redis) -> bool:
    """Have messages delivered; False where a job for that waits or works already. Raises redis.RedisError."""
    return _enqueue(client, Due(DELIVER, ""), queue=QUEUES[1], kept_s=0)


def _enqueue(client: redis.Redis, due: Due, *, queue: str, kept_s: int) -> bool:
    window = int(time.time() // AGAIN_AFTER_S)
    job_id = f"{due.job}-{due.argument}-{window}".replace(":", "-")
    try:
        Queue(queue, connection=client).enqueue_call(
            "workers.jobs.run",
            args=tuple(due),
            job_id=job_id,
            unique=True,
            timeout=JOB_TIMEOUT_S,
            ttl=AGAIN_AFTER_S * 2,
            result_ttl=kept_s,
            failure_ttl=KEPT_FAILED_S,
        )
    except DuplicateJobError:
        return False
    return True
