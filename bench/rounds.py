"""Measuring as a ratio in one run: the two sides take turns, and the medians of their rounds are compared."""

import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROUNDS = 9
RESULTS = Path(__file__).parent / "results"
Side = Callable[[], float]
"""Does one round and answers its seconds for one piece of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case: ours and the baseline in `unit` (medians), ours over the baseline, and the goal for that, if any."""

    case: str
    ours: float
    baseline: float | None
    unit: str
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None


def take_turns(case: str, *, ours: Side, baseline: Side, rounds: int = ROUNDS, at_most: float | None = None) -> Line:
    """Both sides once to warm up, then by turns; the ratio's goal is `at_most`."""
    ours(), baseline()
    pairs = [(ours(), baseline()) for _ in range(rounds)]
    mine, theirs = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Line(
        case=case,
        ours=mine * 1e6,
        baseline=theirs * 1e6,
        unit="µs",
        ratio=mine / theirs,
        goal=None if at_most is None else f"≤ {at_most:g}",
        met=None if at_most is None else mine / theirs <= at_most,
    )


def table(lines: Iterable[Line]) -> str:
    """The lines for people."""
    rows = [("case", "ours", "baseline", "unit", "ratio", "goal", "met")]
    rows += [
        (
            line.case,
            f"{line.ours:,.0f}",
            "" if line.baseline is None else f"{line.baseline:,.0f}",
            line.unit,
            "" if line.ratio is None else f"{line.ratio:.2f}",
            line.goal or "",
            "" if line.met is None else ("yes" if line.met else "no"),
        )
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)


def keep(name: str, lines: Iterable[Line], *, entries: int) -> Path:
    """Write what was measured, and where."""
    RESULTS.mkdir(exist_ok=True)
    where = {
        "entries": entries,
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[2], 1),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "platform": sys.platform,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"where": where, "lines": [asdict(line) for line in lines]}, indent=2) + "\n")
    return path
