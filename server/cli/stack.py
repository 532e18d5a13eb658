"""`voicelearn stack`: keep the embedded servers running between commands, look at them, end them.

Other commands start or join the stack by themselves; nothing here is needed for them.
"""

import json
from pathlib import Path

import click

from server.cli.settings import data_option, settings_or_exit
from storage.embedded.errors import StackError
from storage.embedded.folder import stack_folder
from storage.embedded.stack import Stack
from storage.embedded.status import ServerStatus, StackStatus
from storage.embedded.store import ALL

_MEGABYTE = 1 << 20
_ROW = "{:<10} {:<10} {:>7} {:>6} {:>9} {:>9}  {}"


@click.group()
def stack() -> None:
    """The embedded database servers of a data folder."""


@stack.command()
@data_option
@click.option("--only", "only", multiple=True, type=click.Choice([str(store) for store in ALL]))
def up(data: Path | None, only: tuple[str, ...]) -> None:
    """Start the servers and leave them running until `stack down` or the machine's next boot.

    Without --only: one for each store that no VOICELEARN_…_URL names.
    """
    settings = settings_or_exit(data)
    named = settings.urls().model_dump()
    stores = only or [store for store in ALL if not named[store]]
    if not stores:
        raise click.ClickException("every store has a URL in the settings: there is nothing to start")
    folder = stack_folder(settings.data)
    try:
        Stack.up(folder, stores)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    _show(Stack.status(folder))


@stack.command()
@data_option
def down(data: Path | None) -> None:
    """Stop the servers; while another command uses them they stop with that one."""
    folder = stack_folder(settings_or_exit(data).data)
    if Stack.down(folder):
        click.echo("stopped")
        return
    users = Stack.status(folder).users
    named = f" (pids {', '.join(map(str, users))})" if users else ""
    click.echo(f"still in use{named}: the servers stop with their last user")


@stack.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--urls", is_flag=True, help="The stores' URLs, passwords included.")
def status(data: Path | None, as_json: bool, urls: bool) -> None:
    """Each server's pid, port, memory and disk. Exit status 3 when nothing runs."""
    folder = stack_folder(settings_or_exit(data).data)
    found = Stack.status(folder)
    where = Stack.urls_of(folder).model_dump() if urls else {}
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json") | ({"urls": where} if urls else {}), indent=2))
    else:
        _show(found)
        for store, url in where.items():
            click.echo(f"{store:<10} {url}")
    if not found.running:
        raise SystemExit(3)


def _show(found: StackStatus) -> None:
    click.echo(f"{found.folder}: {_summary(found)}")
    if not found.running:
        return
    click.echo(_ROW.format("store", "state", "pid", "port", "memory", "disk", ""))
    for server in found.servers:
        click.echo(_row(server).rstrip())


def _summary(found: StackStatus) -> str:
    if not found.running:
        return "not running"
    kept = "kept running until `stack down`" if found.held else "runs while it is used"
    return f"running, {kept}; users: {len(found.users)}"


def _row(server: ServerStatus) -> str:
    memory = f"{server.memory_bytes / _MEGABYTE:.0f} MB"
    disk = f"{server.disk_bytes / _MEGABYTE:.0f} MB"
    first_line = server.error.partition("\n")[0]
    return _ROW.format(
        server.store, server.phase, server.pid or "", server.port, memory, disk, first_line[:200]
    )
