"""`rewards doctor`: what is reachable, protected, lagging, weak."""

import json
import sys

import click

from rewards.commands.examination import Finding, examine
from rewards.commands.session import command_context

MARKS = {"ok": "ok      ", "warning": "warning ", "error": "ERROR   "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of lines.")
def doctor(*, as_json: bool) -> None:
    """Look at everything the service stands on, and say what to do where something is wrong. Changes nothing.

    Exit codes: 0 nothing is wrong (warnings may be printed), 1 an error was found, 2 the settings are not complete.
    """
    with command_context("doctor") as context:
        findings = list(examine(context))
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], ensure_ascii=False))
    else:
        _say(findings)
    if any(finding.level == "error" for finding in findings):
        sys.exit(1)


def _say(findings: list[Finding]) -> None:
    for finding in findings:
        click.echo(f"{MARKS[finding.level]}{finding.about:<11} {finding.says}")
        if finding.todo and finding.level != "ok":
            click.echo(f"{'':19} → {finding.todo}")
