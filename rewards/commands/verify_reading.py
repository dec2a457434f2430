"""How `rewards verify` reads: slices of a round, each in its own moment, or all of them in one, on two connections."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger.verify_slices import Finding, Part, Slice
from rewards.runtime.database import snapshot

CONNECTIONS = 2
AHEAD = 2 * CONNECTIONS
"""So many slices are under way or wait to be told, which bounds the memory."""

Read = tuple[Part, Slice, list[Finding]]

# Slices are small: sorts and hashes fit, plans are worth more than the time to make them, and compiling them is not.
# A merge by the account alone would compare each row of a very busy account with each other one.
_TUNE = text(
    "select set_config('jit', 'off', true), set_config('work_mem', '64MB', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('max_parallel_workers_per_gather', '0', true),"
    " set_config('idle_in_transaction_session_timeout', '0', true)"
)
_EXPORT = text("select pg_export_snapshot()")


@contextmanager
def moment(engine: Engine, *, same_as: str | None = None) -> Iterator[Session]:
    """A session that reads one moment, or one that another session has exported, set up for slices."""
    with snapshot(engine) as session:
        if same_as is not None:
            session.execute(text(f"set transaction snapshot '{same_as}'"))
        session.execute(_TUNE)
        yield session


def read_everything(engine: Engine, parts: Iterable[Part]) -> Iterator[Read]:
    """Every slice of every part, in order, with its findings: all of one moment. Needs CONNECTIONS + 1 connections."""
    with ExitStack() as opened:
        leading = opened.enter_context(moment(engine))
        exported = str(leading.scalar(_EXPORT))
        free: SimpleQueue[Session] = SimpleQueue()
        for _ in range(CONNECTIONS):
            free.put(opened.enter_context(moment(engine, same_as=exported)))

        def read(part: Part, piece: Slice) -> Read:
            session = free.get()
            try:
                return part, piece, list(part.findings(session, piece))
            finally:
                free.put(session)

        pool = opened.enter_context(ThreadPoolExecutor(CONNECTIONS))
        tasks = ((part, piece) for part in parts for piece in part.slices(leading))
        yield from _in_order(pool, (lambda part=part, piece=piece: read(part, piece) for part, piece in tasks))


def _in_order(pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], Read]]) -> Iterator[Read]:
    waiting: deque[Future[Read]] = deque()
    for task in tasks:
        waiting.append(pool.submit(task))
        if len(waiting) == AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
