"""`voicelearn doctor`: what would keep a call from being placed, driven or learned."""

from pathlib import Path

import click

from server.cli.settings import data_option, run, settings_or_exit


@click.command()
@data_option
def doctor(data: Path | None) -> None:
    """Check settings, stores and the clock. Exit status 1 where something is wrong."""
    settings = settings_or_exit(data)

    from server.doctor import examine

    findings = run(examine(settings))
    for finding in findings:
        mark = "ok  " if finding.ok else "BAD "
        click.echo(f"{mark} {finding.what:<28} {finding.detail}")
    raise SystemExit(0 if all(finding.ok for finding in findings) else 1)
