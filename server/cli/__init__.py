"""The `voicelearn` command: one module of this package a subcommand."""

import os

import click

from server.cli.lazy import LazyGroup

# Before numpy is first imported: on small matrices more threads only spin, on cores that calls need (8 ms for 0.2).
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

COMMANDS = {
    "serve": "Receive webhooks, drive calls, answer the API.",
    "worker": "Learn from ended calls.",
    "demo": "Play calls against a simulated Telnyx and show what was learned.",
    "stack": "The embedded database servers of a data folder.",
    "migrate": "Bring the stores' schemas up to date.",
    "seed": "Load the playbook into every store.",
    "leads": "Import leads, and list numbers that must not be called.",
    "sync": "Show the sync ledger and work off what is behind.",
    "inbox": "Events that could not be decided, and a second try for them.",
    "replay": "Re-reduce a stored call and compare.",
    "evaluate": "Judge the recogniser on data of your own.",
    "embeddings": "Compare the embedding models.",
    "bench": "Measure.",
    "doctor": "Check settings, stores and the clock.",
}


@click.group(cls=LazyGroup, known=COMMANDS, prefix=f"{__name__}.")
@click.version_option(package_name="voicelearn", prog_name="voicelearn")
def main() -> None:
    """A self-hosted voice-call server on Telnyx that learns after each call which words work for whom."""
