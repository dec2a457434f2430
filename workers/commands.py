"""`rewards worker` and `rewards scheduler`."""

import signal
import time
from contextlib import suppress
from types import FrameType

import click
import redis
import structlog
from rq import Queue, Worker
from rq.worker import WorkerStatus

from rewards.commands.context import make_context
from rewards.runtime.logs import configure_logging
from rewards.runtime.redis import connect_redis_for_jobs, connect_redis_for_projection
from rewards.runtime.settings import Settings, load_settings
from workers.jobs import JOBS
from workers.queue import QUEUES
from workers.scheduler import Scheduler, end_soon
from workers.verifier import Verifier

SAYS_IT_LIVES_WITHIN_S = 60
MAINTENANCE_S = 60
PATIENCE_S_MAX = 5.0

log = structlog.get_logger()


class PatientWorker(Worker):
    """Waits for Redis as long as it takes, looks again every few seconds, and ends when told to, Redis or not."""

    max_connection_wait_time = PATIENCE_S_MAX
    log_result_lifespan = False
    told_to_end = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember it for whoever starts the next worker: signing off may fail where Redis is away."""
        self.told_to_end = True
        super().request_stop(signum, frame)

    def _shutdown(self) -> None:
        """End after the job in hand; at once where there is none.

        Then not by rq's StopRequested: that is an Exception, which a log handler swallows if it is at work just then.
        """
        if self.get_state() == WorkerStatus.BUSY:
            super()._shutdown()
        else:
            raise SystemExit(0)


@click.command()
def worker() -> None:
    """Work off the queue; run as many as you like, on as many machines.

    SIGTERM ends it after the job in hand. Losing one loses nothing: what is due is found in PostgreSQL again.
    """
    settings = load_settings()
    configure_logging(level=settings.log_level, form=settings.log_format)
    log.info("worker.started", jobs=sorted(JOBS))
    delay_s = 0.5
    for each in (signal.SIGTERM, signal.SIGINT):  # until rq takes them over
        signal.signal(each, _end_here)
    with suppress(SystemExit):
        while not _worked_to_the_end(settings, delay_s=delay_s):
            delay_s = min(delay_s * 2, PATIENCE_S_MAX)
    log.info("worker.ended")


def _end_here(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _worked_to_the_end(settings: Settings, *, delay_s: float) -> bool:
    """Work until told to end; False where Redis was lost meanwhile, after a while of waiting."""
    present: PatientWorker | None = None
    try:
        present = _new_worker(settings)
        present.work(logging_level="WARNING")
    except redis.RedisError as error:
        if present is None or not present.told_to_end:
            log.warning("worker.redis_away", error=repr(error), again_in_s=delay_s)
            time.sleep(delay_s)
            return False
    return True


def _new_worker(settings: Settings) -> PatientWorker:
    connection = connect_redis_for_jobs(settings.redis_url)
    queues = [Queue(name, connection=connection) for name in QUEUES]
    return PatientWorker(
        queues, connection=connection, worker_ttl=SAYS_IT_LIVES_WITHIN_S, maintenance_interval=MAINTENANCE_S
    )


@click.command()
def scheduler() -> None:
    """Keep the ranking in Redis equal to PostgreSQL, open and settle seasons, find what else is due, verify it all.

    One is enough; two do no harm. SIGTERM ends it within two seconds.
    """
    context = make_context(application_name="rewards scheduler")
    configure_logging(level=context.settings.log_level, form=context.settings.log_format)
    client = connect_redis_for_projection(context.settings.redis_url)
    running = Scheduler(context, client, verifier=Verifier(context))
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: end_soon(running.stop))
    log.info("scheduler.started")
    running.run()
    log.info("scheduler.ended")
