"""`voicelearn seed`: the playbook into every store, as far as it is not there yet."""

from pathlib import Path

import click

from learning.loading import STORES_OF
from learning.seed import SeedReport
from server.cli.settings import data_option, run, settings_or_exit
from storage.ledger import Store


@click.command()
@data_option
@click.option(
    "--only", multiple=True, type=click.Choice(sorted(STORES_OF)), help="This kind; may be repeated."
)
@click.option("--limit", type=click.IntRange(1), default=None, help="The first so many entries of each kind.")
def seed(data: Path | None, only: tuple[str, ...], limit: int | None) -> None:
    """Load the playbook, or what is in the folder VOICELEARN_PLAYBOOK, into every store."""
    from call_flow.playbook.book import PlaybookError
    from server.learning_parts import open_learning
    from storage.playbook import playbook_files

    settings = settings_or_exit(data)
    try:
        files = playbook_files(settings.playbook)
    except PlaybookError as error:
        raise click.ClickException(str(error)) from error

    async def load() -> SeedReport:
        async with open_learning(settings) as parts:
            return await parts.seeder.seed(files, only=only, limit=limit)

    report = run(load())
    click.echo("\n".join(summary(report)))
    for problem in report.problems:
        click.echo(str(problem), err=True)
    for store, reason in report.errors.items():
        click.echo(f"{store}: {reason}; `voicelearn sync` brings it in later", err=True)
    if report.problems:
        raise SystemExit(1)


def summary(report: SeedReport) -> list[str]:
    """A table of kinds with what was new, changed or gone in each store, and what became of the version."""
    stores: tuple[Store, ...] = ("postgres", "graph", "vectors")
    lines = [f"{'kind':<12}{'entries':>8}" + "".join(f"{store:>10}" for store in stores)]
    for kind in sorted(report.entries):
        told = [
            str(report.written[store][kind]) if store in ("postgres", *STORES_OF[kind]) else "-"
            for store in stores
        ]
        lines.append(f"{kind:<12}{report.entries[kind]:>8}" + "".join(f"{cell:>10}" for cell in told))
    lines.append(f"{report.embedded} texts embedded")
    if report.version is not None:
        return [*lines, f"playbook {report.version}, {'new' if report.new_version else 'known already'}"]
    why = "not every file could be read" if report.problems else "only a part of it was asked for"
    return [*lines, f"no version of the playbook: {why}"]
