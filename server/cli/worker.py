"""`voicelearn worker`: learns from ended calls until it is told to stop."""

from pathlib import Path

import click

from server.cli.settings import data_option, run, settings_or_exit
from server.logs import log_to_stderr


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Learn from ended calls, and work off what is behind in any store."""
    settings = settings_or_exit(data)
    log_to_stderr()

    from server.app import run_worker

    run(run_worker(settings))
