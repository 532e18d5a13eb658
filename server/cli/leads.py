"""`voicelearn leads import FILE`: names each bad line, loads the good ones, changes nothing the second time."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from server.cli.settings import data_option, run, settings_or_exit


@click.group()
def leads() -> None:
    """Import leads."""


@leads.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_option
def import_(file: Path, as_json: bool, data: Path | None) -> None:
    """Load leads from a CSV or JSONL FILE. Exit status 1 where lines were bad."""
    settings = settings_or_exit(data)

    from server.leads_import import Imported, import_leads
    from server.stores import open_pool
    from storage.leads import Leads

    async def work() -> Imported:
        async with open_pool(settings) as pool:
            return await import_leads(file, Leads(pool), settings.clock().now())

    try:
        imported = run(work())
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _show(imported, as_json)
    raise SystemExit(1 if imported.problems else 0)


def _show(imported: object, as_json: bool) -> None:
    from server.leads_import import Imported

    assert isinstance(imported, Imported)
    if as_json:
        click.echo(json.dumps(asdict(imported)))
        return
    for line in (*imported.problems, *imported.repeats):
        click.echo(str(line), err=True)
    if imported.ignored:
        click.echo(f"columns ignored: {', '.join(imported.ignored)}", err=True)
    click.echo(
        f"{imported.created} created, {imported.updated} updated, {imported.unchanged} unchanged, "
        f"{imported.consents} consents recorded, {len(imported.problems)} bad lines"
    )
