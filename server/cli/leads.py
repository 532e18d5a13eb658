"""`voicelearn leads`: bring people in from a file, and take numbers out for good.

Each bad line is named and costs no other; doing it again changes nothing.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click

from server.cli.settings import data_option, run, settings_or_exit

Result = TypeVar("Result")


@click.group()
def leads() -> None:
    """Import leads, and list numbers that must not be called."""


@leads.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_option
def import_(file: Path, as_json: bool, data: Path | None) -> None:
    """Load leads from a CSV or JSONL FILE. Exit status 1 where lines were bad."""
    from server.leads_import import import_leads

    try:
        imported = _with_leads(data, lambda leads, now: import_leads(file, leads, now))
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(imported)))
    else:
        _show(imported)
    raise SystemExit(1 if imported.problems else 0)


@leads.command("do-not-call")
@click.argument("numbers", nargs=-1, required=True, metavar="PHONE...|FILE")
@click.option(
    "--evidence", required=True, help="Who asked for it, when and how: it is kept with each number."
)
@data_option
def do_not_call(numbers: tuple[str, ...], evidence: str, data: Path | None) -> None:
    """Put numbers on the do-not-call list: those that are named, or a FILE with one a line.

    Exit status 1 where some were no numbers; the others are on the list.
    """
    from server.do_not_call import list_numbers

    try:
        listed = _with_leads(data, lambda leads, now: list_numbers(numbers, evidence, leads, now))
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for problem in listed.problems:
        click.echo(problem, err=True)
    click.echo(f"{listed.new} listed, {listed.known} on the list already, {len(listed.problems)} bad")
    raise SystemExit(1 if listed.problems else 0)


def _with_leads(data: Path | None, work: Callable[..., Awaitable[Result]]) -> Result:
    """What `work` makes of the leads at this moment of business time."""
    settings = settings_or_exit(data)

    from server.stores import open_pool
    from storage.leads import Leads

    async def done() -> Result:
        async with open_pool(settings) as pool:
            return await work(Leads(pool), settings.clock().now())

    return run(done())


def _show(imported: object) -> None:
    from server.leads_import import Imported

    assert isinstance(imported, Imported)
    for line in (*imported.problems, *imported.repeats):
        click.echo(str(line), err=True)
    if imported.ignored:
        click.echo(f"columns ignored: {', '.join(imported.ignored)}", err=True)
    click.echo(
        f"{imported.created} created, {imported.updated} updated, {imported.unchanged} unchanged, "
        f"{imported.consents} consents recorded, {len(imported.problems)} bad lines"
    )
