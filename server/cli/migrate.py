"""`voicelearn migrate`: brings every store's schema up to date; harmless when it is."""

from pathlib import Path

import click

from server.cli.settings import data_option, run, settings_or_exit


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the stores' schemas up to date. A store that is away is named, and exit status is 1."""
    settings = settings_or_exit(data)

    from server.app import migrate_all

    failed = False
    for store, error in run(migrate_all(settings)).items():
        failed = failed or error is not None
        click.echo(f"{store:<10} {'up to date' if error is None else error}")
    raise SystemExit(1 if failed else 0)
