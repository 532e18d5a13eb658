"""A group of commands whose modules are imported only when they are used, so that `--help` is quick."""

import importlib
from typing import Any

import click


class LazyGroup(click.Group):
    """`known`: what each command does. The module of one is `prefix` and its name, and holds a command of that name."""

    def __init__(self, *args: Any, known: dict[str, str], prefix: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = known
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._known:
            return None
        found: click.Command = getattr(importlib.import_module(f"{self._prefix}{cmd_name}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._known.items()))
