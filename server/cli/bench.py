"""`voicelearn bench`: one measurement a subcommand, each in a module of its own that is imported when it is run."""

import click

from server.cli.lazy import LazyGroup

BENCHES = {
    "learning": "What was learned against blind choice, on simulated prospects.",
    "webhooks": "Durable acknowledgements, and from a last word to the next command.",
    "turns": "From a last word to the next command with fifty live calls.",
    "claims": "Ten thousand races for a closer.",
}


@click.group(cls=LazyGroup, known=BENCHES, prefix="server.cli.bench_")
def bench() -> None:
    """Measure."""
