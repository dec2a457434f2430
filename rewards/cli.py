"""`rewards`: every command, each loaded only when it is called."""

import sys
from importlib import import_module
from typing import NamedTuple

import click

from rewards.runtime.errors import OperatorError
from rewards.runtime.running import ROOT, join_running


class Place(NamedTuple):
    """Where a command lies, by dotted path (some lie above us), and what it does."""

    path: str
    help: str


COMMANDS = {
    "up": Place("rewards.commands.up:up", "Run everything in this folder: servers, web, worker, scheduler, demo."),
    "worker": Place("workers.commands:worker", "Work off the queues."),
    "scheduler": Place("workers.commands:scheduler", "Tick: settle seasons, sweep, project, deliver."),
    "migrate": Place("rewards.commands.migrate:migrate", "Bring the database up to date."),
    "doctor": Place("rewards.commands.doctor:doctor", "Say what is reachable, protected, lagging, weak."),
    "verify": Place("rewards.commands.verify:verify", "Check the promises over the whole database."),
    "rebuild-leaderboards": Place(
        "rewards.commands.rebuild_leaderboards:rebuild_leaderboards", "Build the ranking in Redis anew."
    ),
    "settle": Place("rewards.commands.settle:settle", "Settle a season, or open a past one."),
    "policy": Place("rewards.commands.policy:policy", "Check, compare and apply the policy; show every version."),
    "lapse": Place("rewards.commands.lapse:lapse", "Show what lapses when, and take what has lapsed."),
    "import": Place("rewards.commands.bring_in:bring_in", "Take in members, check-ins, balances; or an export."),
    "export": Place("rewards.commands.export:export", "Write everything, or one member's own, as JSON."),
    "api-key": Place("rewards.commands.api_key:api_key", "Make, list and revoke API keys."),
    "signing-key": Place("rewards.commands.signing_key:signing_key", "Make a key that signs the ledger's blocks."),
    "staff": Place("rewards.commands.staff:staff", "Make and change accounts of staff."),
    "demo": Place("rewards.commands.demo:demo", "Feed half a year of a real community's messages."),
}

EXIT_MISCONFIGURED = 2


class LazyGroup(click.Group):
    """A group that imports a command only to run it, so that each starts fast and alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Answer every name, in the order of the table above."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command.

        While `make run` runs in this folder, a command without settings of its own speaks to what runs there.
        """
        del ctx
        if cmd_name not in COMMANDS:
            return None
        if cmd_name != "up":
            join_running(ROOT / "var")
        module, _, name = COMMANDS[cmd_name].path.partition(":")
        return getattr(import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Points, attendance, a weekly ranking and a gift-card market for one community forum.

    Settings come from the environment; docs/reference/settings.md lists them.
    """


def main() -> None:
    """Run a command; what the operator has to mend is said in a sentence, with exit code 2."""
    try:
        cli(prog_name="rewards")
    except OperatorError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_MISCONFIGURED)
