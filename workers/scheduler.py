"""The scheduler: keeps the ranking in Redis equal to PostgreSQL, and finds what is due.

Two of them do no harm. Nothing depends on Redis or on a worker: what cannot be queued, or is still due a while after it
was, is done here.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from rewards.commands.context import Context
from rewards.ranking.projection import drop_past, project
from rewards.runtime.database import snapshot, transaction
from rewards.webhooks.deliveries import due_lanes
from rewards.webhooks.fan_out import fan_out
from workers.due import Due, Rounds, open_weeks, what_is_due
from workers.jobs import JOBS
from workers.queue import enqueue, enqueue_deliveries
from workers.verifier import Verifier

PROJECT_EVERY_S = 0.25
LOOK_EVERY_S = 2.0
HERE_AFTER_S = 10.0
"""A job that is due for so long after it was queued is done by the scheduler itself: the workers may be gone."""
END_WITHIN_S = 1.5
COMPLAIN_EVERY_S = 30.0

log = structlog.get_logger()


@dataclass(slots=True)
class Scheduler:
    """One process's loop. `stop` ends it after the present step."""

    context: Context
    client: redis.Redis
    stop: threading.Event = field(default_factory=threading.Event)
    rounds: Rounds = field(default_factory=Rounds)
    queued_s: dict[Due, float] = field(default_factory=dict[Due, float])
    complained_s: dict[str, float] = field(default_factory=dict[str, float])
    looked_s: float = float("-inf")
    verifier: Verifier | None = None

    def run(self) -> None:
        """Go on until stopped, whatever is away meanwhile."""
        while not self.stop.is_set():
            began_s = time.monotonic()
            self.step()
            self.stop.wait(max(0.0, PROJECT_EVERY_S - (time.monotonic() - began_s)))
        if self.verifier:
            self.verifier.end()

    def step(self) -> None:
        """One turn: the projection always, the rest every few seconds."""
        self._guarded("project", self._project)
        if time.monotonic() - self.looked_s >= LOOK_EVERY_S:
            self.looked_s = time.monotonic()
            self._guarded("look", self._look)
            self._guarded("tell", self._tell)
            if self.verifier:
                self._guarded("verify", self.verifier.look)

    def _guarded(self, name: str, action: Callable[[], None]) -> None:
        """Survive what may be away for a while, and say so now and then."""
        try:
            action()
        except (redis.RedisError, SQLAlchemyError) as error:
            now_s = time.monotonic()
            if now_s - self.complained_s.get(name, float("-inf")) >= COMPLAIN_EVERY_S:
                self.complained_s[name] = now_s
                log.warning("scheduler.step_failed", step=name, error=repr(error))

    def _project(self) -> None:
        with snapshot(self.context.engine) as session:
            done = project(session, self.client, now=self.context.clock())
        if done.outcome == "rebuilt":
            log.info("ranking.rebuilt", rows=done.rows)

    def _look(self) -> None:
        now = self.context.clock()
        with transaction(self.context.engine) as session:
            open_weeks(session, context=self.context, now=now)
        with transaction(self.context.engine) as session:
            due = what_is_due(session, context=self.context, rounds=self.rounds, now=now)
        self.queued_s = {one: at_s for one, at_s in self.queued_s.items() if one in due}
        for one in due:
            if self.stop.is_set():
                return
            self._guarded(one.job, lambda one=one: self._see_to(one))

    def _tell(self) -> None:
        """Make messages of what has happened, and let workers send them: they wait where there is no worker."""
        now = self.context.clock()
        with transaction(self.context.engine) as session:
            fan_out(session, now=now)
        with snapshot(self.context.engine) as session:
            lanes = due_lanes(session, now=now)
        if lanes:
            enqueue_deliveries(self.client)

    def _see_to(self, due: Due) -> None:
        first_s = self.queued_s.setdefault(due, time.monotonic())
        queued = time.monotonic() - first_s < HERE_AFTER_S and self._queue(due)
        if not queued:
            JOBS[due.job](due.argument, context=self.context)
        self.rounds.note(due, done=not queued)
        if due.job == "keep-house":
            drop_past(self.client, now=self.context.clock())

    def _queue(self, due: Due) -> bool:
        """Hand the job to a worker. False where the queue is away."""
        try:
            enqueue(self.client, due)
        except redis.RedisError:
            return False
        return True


def end_soon(stop: threading.Event) -> None:
    """Stop after the present step; or without it after 1.5 s, since nothing is lost by being cut off."""
    stop.set()
    timer = threading.Timer(END_WITHIN_S, os._exit, (0,))
    timer.daemon = True
    timer.start()
