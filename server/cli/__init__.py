"""The `voicelearn` command. A subcommand's module is imported only when it is asked for, so that `--help` is quick."""

import importlib
import importlib.util
import os

import click

# Before numpy is first imported: on small matrices more threads only spin, on cores that calls need (8 ms for 0.2).
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Command: its module in this package holds a click command of the same name.
COMMANDS = {
    "serve": "Receive webhooks, drive calls, answer the API.",
    "worker": "Learn from ended calls.",
    "demo": "Play calls against a simulated Telnyx and show what was learned.",
    "stack": "The embedded database servers of a data folder.",
    "migrate": "Bring the stores' schemas up to date.",
    "seed": "Load the playbook into every store.",
    "leads": "Import leads.",
    "sync": "Show the sync ledger and work off what is behind.",
    "replay": "Re-reduce a stored call and compare.",
    "evaluate": "Judge the recogniser on data of your own.",
    "embeddings": "Compare the embedding models.",
    "bench": "Measure.",
    "doctor": "Check settings, stores and the clock.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(f"{__name__}.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup)
@click.version_option(package_name="voicelearn", prog_name="voicelearn")
def main() -> None:
    """A self-hosted voice-call server on Telnyx that learns after each call which words work for whom."""
