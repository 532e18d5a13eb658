"""`voicelearn bench`: one measurement a subcommand, each in a module of its own that is imported when it is run."""

import importlib
import importlib.util

import click

# Measurement: its module is `bench_<name>` beside this one and holds a command of that name.
BENCHES = {
    "learning": "What was learned against blind choice, on simulated prospects.",
    "webhooks": "Durable acknowledgements, and from a last word to the next command.",
    "turns": "From a last word to the next command with fifty live calls.",
    "claims": "Ten thousand races for a closer.",
}


class LazyBenches(click.Group):
    """Knows its subcommands by name; lists those that are there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in BENCHES if importlib.util.find_spec(f"server.cli.bench_{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found = getattr(importlib.import_module(f"server.cli.bench_{cmd_name}"), cmd_name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, BENCHES[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyBenches)
def bench() -> None:
    """Measure."""
