"""How PostgreSQL answers the service's own calls: which of them read a whole large table, and how long each takes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from psycopg.errors import Diagnostic
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from rewards.runtime.database import create_engine_from

LARGE_ROWS = 10_000
_EXPLAIN = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set auto_explain.log_timing = off",
    "set auto_explain.log_format = json",
    "set client_min_messages = log",
)
Call = Callable[[Session], object]


@dataclass(slots=True)
class Plans:
    """The statements of a call as they were executed: milliseconds, buffers, and what was read from end to end."""

    statements: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def heard(self, said: Diagnostic) -> None:
        """Take a notice of the server's in."""
        head, _, plan = (said.message_primary or "").partition("plan:\n")
        if plan:
            milliseconds = float(head.partition("duration: ")[2].partition(" ms")[0])
            self.statements.append({"ms": milliseconds, **json.loads(plan)})

    @property
    def milliseconds(self) -> float:
        """Of all statements together."""
        return sum(statement["ms"] for statement in self.statements)

    @property
    def buffers(self) -> int:
        """Pages of 8 KiB that were looked at."""
        tops = [statement["Plan"] for statement in self.statements]
        return sum(top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0) for top in tops)

    def read_whole(self) -> list[str]:
        """Tables that were read from end to end, and sorts of very many rows."""
        found: list[str] = []
        for statement in self.statements:
            for node in _nodes(statement["Plan"]):
                rows = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
                if node["Node Type"] == "Seq Scan" and rows * node.get("Actual Loops", 1) > LARGE_ROWS:
                    found.append(f"{node['Relation Name']} ({rows:,.0f} rows)")
                elif rows > LARGE_ROWS and "Index" in node["Node Type"]:
                    found.append(f"{node.get('Index Name')} ({rows:,.0f} rows)")
        return found


def explaining(url: str, plans: Plans) -> Engine:
    """An engine of a superuser, whose statements are explained as they are executed."""
    engine = create_engine_from(url, pool_size=1, application_name="bench plans", statement_timeout_s=0)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        for statement in _EXPLAIN:
            connection.execute(statement)
        connection.commit()
        connection.add_notice_handler(plans.heard)

    return engine


def explain(engine: Engine, call: Call, *, plans: Plans) -> None:
    """Make the call twice, the first time to warm up, and undo what it wrote."""
    for _ in range(2):
        plans.statements.clear()
        with Session(engine) as session:
            call(session)
            session.rollback()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
