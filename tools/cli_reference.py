"""Write docs/reference/cli.md from the commands themselves; `--check` says whether it is up to date."""

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from rewards.cli import cli

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# The command `rewards`

Every process and every task of the operator. In a checkout it is `.venv/bin/rewards`; while `make run` runs in the
folder, commands without settings of their own speak to what runs there. Settings come from the environment
([the table](settings.md)). What has to be mended is said in a sentence on standard error; exit code 2 means that
settings or usage are wrong. This page is written from the commands by `tools/cli_reference.py`.
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(_sections(cli, path="rewards"))


def _sections(group: click.Group, *, path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield _section(command, path=f"{path} {name}")
        if isinstance(command, click.Group):
            yield from _sections(command, path=f"{path} {name}")


def _section(command: click.Command, *, path: str) -> str:
    usage = " ".join([path, *(_usage(parameter) for parameter in command.params)])
    lines = [f"\n## `{path}`\n", f"```\n{usage.strip()}\n```\n", cleandoc(command.help or "") + "\n"]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    lines += [f"- `{_names(option)}`: {option.help or 'required'}" for option in options]
    return "\n".join(lines).rstrip() + "\n"


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return _names(parameter) if parameter.required else f"[{_names(parameter)}]"
    name = (parameter.metavar or parameter.name or "").upper().replace("%Y-%M-%D", "WEEK")
    return name if parameter.required else f"[{name}]"


def _names(option: click.Option) -> str:
    names = "/".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {(option.metavar or option.name or '').upper()}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == page() else "docs/reference/cli.md is not up to date.")
    PAGE.write_text(page(), encoding="utf-8")
