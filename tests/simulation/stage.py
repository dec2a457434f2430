"""A stage on which clients act at once, one statement at a time, in an order that a seed decides.

Each client is a greenlet; all of them share one thread, so nothing happens that was not chosen. Before each statement
a client waits for its turn. Whoever waits in the server for somebody's lock leaves the stage to the others.
"""

import select
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from random import Random
from typing import Any

import psycopg
from greenlet import getcurrent, greenlet
from psycopg.pq import TransactionStatus
from psycopg.waiting import Ready, Wait
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

PATIENCE_S = 0.0015
"""After so long a statement is looked at: it may wait for a lock. Doubles each time that it does not."""
STUCK_S = 5.0
LIKES_TO_GO_ON = (0.0, 0.5, 0.9)

_OPEN = (TransactionStatus.ACTIVE, TransactionStatus.INTRANS, TransactionStatus.INERROR)
_POLLED = {Wait.R: select.POLLIN, Wait.W: select.POLLOUT, Wait.RW: select.POLLIN | select.POLLOUT}


class Stuck(Exception):
    """Everybody waits for somebody else, and the server has not resolved it."""


class Injected(psycopg.errors.DeadlockDetected):
    """As if the server had broken a deadlock."""


class Wire(psycopg.Connection[Any]):
    """A connection whose statements are steps of whoever uses it on the stage; used elsewhere, any connection."""

    def commit(self) -> None:
        super().commit()
        actor = getcurrent()
        if isinstance(actor, Actor):
            actor.committed(self)

    def rollback(self) -> None:
        # The pool rolls back what it takes back, also where nothing is open: that is no step.
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()

    def wait(self, gen: Generator[Any, Any, Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        actor = getcurrent()
        if not isinstance(actor, Actor):
            return super().wait(gen, interval, timeout)
        actor.before_statement(self)
        return self._drive(gen, actor)

    def _drive(self, gen: Generator[Any, Any, Any], actor: "Actor") -> Any:
        """As psycopg waits, but whoever waits for a lock steps aside."""
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(self._ready(wanted, actor))
        except StopIteration as end:
            return end.value
        finally:
            actor.after_statement(self)

    def _ready(self, wanted: Wait, actor: "Actor") -> Ready:
        poll, patience_s = select.poll(), PATIENCE_S
        poll.register(self.pgconn.socket, _POLLED[wanted])
        while not (found := poll.poll(patience_s * 1000)):
            actor.held_up(self)
            patience_s *= 2
        events = found[0][1]
        # An error or a hangup is for libpq to find, by reading.
        reads = events & ~select.POLLOUT and wanted != Wait.W
        writes = events & select.POLLOUT
        return Ready.RW if reads and writes else Ready.W if writes or wanted == Wait.W else Ready.R


def put_on_wires(engine: Engine) -> None:
    """Let the engine connect by wires, and plan each statement once."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, args: Any, parameters: Any) -> Any:
        made = Wire.connect(*args, **parameters)
        made.prepare_threshold, made.prepared_max = 1, 1000
        return made


class Actor(greenlet):
    """A client: `life` runs in turns. `strikes` are faults by the number of the statement before which they strike."""

    def __init__(self, stage: "Stage", name: str, life: Callable[["Actor"], None]) -> None:
        super().__init__(lambda: life(self))
        self.stage = stage
        self.name = name
        self.waits = False
        self.told_of_waiting = False
        self.wire: Wire | None = None
        self.statements = 0
        self.strike: tuple[int, str] | None = None
        self.loses_answer = False
        self.on_commit: Callable[[], None] = lambda: None

    def begin(self, *, strike: tuple[int, str] | None, loses_answer: bool, on_commit: Callable[[], None]) -> None:
        """A new attempt: faults count its statements from 0."""
        self.statements, self.strike, self.loses_answer, self.on_commit = 0, strike, loses_answer, on_commit

    def before_statement(self, wire: Wire) -> None:
        """Wait for the turn; then, perhaps, something goes wrong."""
        self.stage.leave_to_others()
        self.wire = wire
        self.told_of_waiting = False
        number, self.statements = self.statements, self.statements + 1
        if self.strike is not None and self.strike[0] <= number:
            kind, self.strike = self.strike[1], None
            self.stage.note(self, kind)
            if kind == "deadlock":
                raise Injected("an injected deadlock")
            self.stage.kill(wire)
            if kind == "cut":
                wire.pgconn.finish()
                self.after_statement(wire)
                raise psycopg.OperationalError("the connection was cut")

    def after_statement(self, wire: Wire) -> None:
        """Where the transaction is over, so are its locks."""
        if wire.pgconn.transaction_status not in _OPEN:
            self.wire = None
            self.stage.released = True

    def committed(self, wire: Wire) -> None:
        """The server has said so; but that may be lost on its way."""
        self.on_commit()
        if self.loses_answer:
            self.loses_answer = False
            self.stage.note(self, "the connection is cut after COMMIT")
            self.stage.kill(wire)
            wire.pgconn.finish()
            raise psycopg.OperationalError("the connection was cut after COMMIT")

    def held_up(self, wire: Wire) -> None:
        """The statement takes its time: leave the stage if that is for somebody's lock."""
        self.waits = self.stage.waits_for_lock(self, wire)
        if self.waits and not self.told_of_waiting:
            # Once for a statement: between one lock and the next it may or may not be seen running.
            self.told_of_waiting = True
            self.stage.note(self, "waits for a lock")
        while self.waits:
            self.stage.leave_to_others()
            self.waits = self.stage.waits_for_lock(self, wire)


class Stage:
    """Hands out turns. `watch` is a superuser's connection, autocommitting, which sees who waits and ends backends."""

    def __init__(self, watch: psycopg.Connection[Any], chance: Random) -> None:
        self.watch = watch
        self.chance = chance
        self.likes_to_go_on = chance.choice(LIKES_TO_GO_ON)
        self.strikes_waiting = chance.choice((0.0, 0.0, 0.1))
        self.actors: list[Actor] = []
        self.step = 0
        self.released = False
        self.notes: list[tuple[int, str, str]] = []
        self._hub = getcurrent()

    def tick(self) -> int:
        """The number of a step that nothing else has."""
        self.step += 1
        return self.step

    def note(self, actor: Actor, what: str) -> None:
        """Keep it for whoever reads the history."""
        self.notes.append((self.tick(), actor.name, what))

    def add(self, name: str, life: Callable[[Actor], None]) -> None:
        """Somebody who will act."""
        self.actors.append(Actor(self, name, life))

    def play(self) -> None:
        """Until everybody is done. Raises Stuck, and whatever escapes a life."""
        self._hub = getcurrent()
        try:
            self._play()
        finally:
            self._clear()

    def _clear(self) -> None:
        """End whoever is still in the middle of something."""
        for actor in self.actors:
            if actor and not actor.dead:
                if actor.wire is not None:
                    self.kill(actor.wire)
                self._hub = actor
                with suppress(psycopg.Error, SQLAlchemyError):
                    actor.throw()

    def _play(self) -> None:
        on: Actor | None = None
        while living := [actor for actor in self.actors if not actor.dead]:
            if self.released:
                self._wake()
                continue
            ready = [actor for actor in living if not actor.waits]
            if not ready:
                self._wait_for_anybody(living)
                continue
            self._strike_somebody_waiting(living)
            if on not in ready or self.chance.random() >= self.likes_to_go_on:
                on = self.chance.choice(ready)
            on.switch()

    def leave_to_others(self) -> None:
        """Called by an actor: gives the turn back, and returns with the next."""
        if self._hub is not getcurrent():
            self._hub.switch()

    def waits_for_lock(self, actor: Actor, wire: Wire) -> bool:
        """Whether the server says so. Nobody is asked while no other transaction is open."""
        if not any(other.wire is not None for other in self.actors if other is not actor):
            return False
        row = self.watch.execute(
            "select cardinality(pg_blocking_pids(%s)) > 0", (wire.pgconn.backend_pid,), prepare=True
        ).fetchone()
        return bool(row and row[0])

    def kill(self, wire: Wire) -> None:
        """End the connection's backend, and wait until its locks are gone."""
        self.watch.execute("select pg_terminate_backend(%s, 5000)", (wire.pgconn.backend_pid,), prepare=True)
        self.released = True

    def _wake(self) -> None:
        """Locks were let go: whoever waited goes on to the next statement, or waits again, in the order they came."""
        self.released = False
        for actor in [actor for actor in self.actors if actor.waits and not actor.dead]:
            actor.switch()

    def _strike_somebody_waiting(self, living: list[Actor]) -> None:
        waiting = [actor for actor in living if actor.waits]
        if not waiting or self.chance.random() >= self.strikes_waiting:
            return
        actor, kind = self.chance.choice(waiting), self.chance.choice(("cancelled", "killed"))
        assert actor.wire is not None
        self.note(actor, f"{kind} while it waits")
        if kind == "killed":
            self.kill(actor.wire)
        else:
            pid = actor.wire.pgconn.backend_pid
            self.watch.execute("select pg_cancel_backend(%s)", (pid,), prepare=True)
        self._until_it_moves([actor])

    def _wait_for_anybody(self, living: list[Actor]) -> None:
        self._until_it_moves(living)

    def _until_it_moves(self, actors: list[Actor]) -> None:
        """Let them look again until one does not wait any more."""
        until = time.monotonic() + STUCK_S
        while all(actor.waits and not actor.dead for actor in actors):
            if time.monotonic() > until:
                raise Stuck
            time.sleep(0.0005)
            for actor in actors:
                actor.switch()
