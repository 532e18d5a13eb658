"""`voicelearn seed`: the playbook into every store, as far as it is not there yet."""

from pathlib import Path

import click

from learning.seed import STORES_OF, SeedReport
from server.cli.settings import data_option, run, settings_or_exit


@click.command()
@data_option
@click.option(
    "--only", multiple=True, type=click.Choice(sorted(STORES_OF)), help="This kind; may be repeated."
)
@click.option("--limit", type=click.IntRange(1), default=None, help="The first so many entries of each kind.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="A folder of playbook files.  [the playbook that came with the program]",
)
def seed(data: Path | None, only: tuple[str, ...], limit: int | None, folder: Path | None) -> None:
    """Load the playbook into every store."""
    from call_flow.playbook.book import PlaybookError
    from server.learning_parts import open_learning
    from storage.playbook import folder_files, packaged_files

    try:
        files = packaged_files() if folder is None else folder_files(folder)
    except PlaybookError as error:
        raise click.ClickException(str(error)) from error

    async def load() -> SeedReport:
        async with open_learning(settings_or_exit(data)) as parts:
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
    """A table of kinds, and what became of the version."""
    lines = [f"{'kind':<12}{'entries':>8}{'changed':>9}"]
    for kind in sorted(report.entries):
        changed = str(report.written[kind]) if kind in report.written else "-"
        lines.append(f"{kind:<12}{report.entries[kind]:>8}{changed:>9}")
    lines.append(f"{report.embedded} texts embedded")
    if report.version is None:
        lines.append("no version of the playbook: not every file could be read")
    else:
        lines.append(f"playbook {report.version}, {'new' if report.new_version else 'known already'}")
    return lines
