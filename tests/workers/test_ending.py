"""A worker that is told to end does, whatever it is doing at that moment."""

import io
import logging
import signal
from collections.abc import Iterator

import pytest
import redis
from rq import Queue
from rq.worker import WorkerStatus

from workers.commands import PatientWorker
from workers.queue import QUEUES


class Interrupted(io.StringIO):
    """A stream on which the wish to end arrives in the middle of a line."""

    def write(self, text: str, /) -> int:
        signal.raise_signal(signal.SIGTERM)
        return super().write(text)


@pytest.fixture
def worker(redis_client: redis.Redis) -> Iterator[PatientWorker]:
    """A worker that listens to SIGTERM."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    queue = Queue(QUEUES[0], connection=redis_client)
    worker = PatientWorker([queue], connection=redis_client)
    signal.signal(signal.SIGTERM, worker.request_stop)
    yield worker
    for each, handler in before.items():
        signal.signal(each, handler)


def test_an_idle_worker_ends_though_it_is_writing_its_log(worker: PatientWorker) -> None:
    worker.set_state(WorkerStatus.IDLE)
    log = logging.getLogger("told to end")
    log.propagate = False
    log.addHandler(logging.StreamHandler(Interrupted()))

    with pytest.raises(SystemExit):
        log.error("Redis is away")

    assert worker.told_to_end


def test_a_worker_with_a_job_in_hand_ends_after_it(worker: PatientWorker) -> None:
    worker.set_state(WorkerStatus.BUSY)

    signal.raise_signal(signal.SIGTERM)

    assert worker.told_to_end
    assert worker._stop_requested
