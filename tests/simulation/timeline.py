"""A history to read: what was asked, answered and done wrong, in the order of the steps."""

from tests.simulation.history import History, Spoken


def timeline(history: History) -> str:
    """A line for each beginning and end of a call, and for each thing that happened in between."""
    lines = [(step, name, f"· {what}") for step, name, what in history.notes]
    for spoken in history.spoken:
        lines += [(spoken.began, spoken.client, f"? {spoken.call}"), (spoken.ended, spoken.client, _end(spoken))]
    told = [f"{step:5} {name:9} {what}" for step, name, what in sorted(lines, key=lambda line: line[0])]
    return "\n".join([f"seed {history.plan.seed}, which begins at {history.plan.start}", *told])


def _end(spoken: Spoken) -> str:
    if spoken.failure is not None:
        return f"! {spoken.failure}"
    if spoken.refusal is not None:
        return f"= refused: {spoken.refusal.name}"
    commit = "" if spoken.commit is None else f" (commit {spoken.commit})"
    if spoken.answered and spoken.taken is not None:
        return f"= {spoken.taken.answer}{commit}"
    return f"= unknown: {spoken.lost}{commit}"
