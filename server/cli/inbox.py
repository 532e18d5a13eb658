"""`voicelearn inbox`: events that could not be decided; seen here, and given back to the servers after a fix."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from server.cli.settings import data_option, run, settings_or_exit
from storage.inbox import Inbox, InboxRow

MOST = 1000
Asked = Callable[[Inbox], Awaitable[None]]


@click.group()
def inbox() -> None:
    """Events that could not be decided, and a second try for them."""


@inbox.command()
@data_option
def aside(data: Path | None) -> None:
    """List the events that were set aside, newest first. An error may quote what was said."""

    async def show(inbox: Inbox) -> None:
        for row in await inbox.aside(MOST):
            click.echo(_line(row))

    _ask(data, show)


@inbox.command()
@click.argument("seq", type=int, required=False)
@click.option("--all", "all_", is_flag=True, help="Every event that was set aside.")
@data_option
def retry(seq: int | None, all_: bool, data: Path | None) -> None:
    """Give event SEQ back to its call: a server that runs decides it within a second."""
    if (seq is None) != all_:
        raise click.UsageError("name one event by its SEQ, or --all of them")

    async def again(inbox: Inbox) -> None:
        given = await inbox.retry(seq)
        if seq is not None and not given:
            raise click.ClickException(f"event {seq} is not set aside")
        click.echo(f"{len(given)} to be decided again")

    _ask(data, again)


def _ask(data: Path | None, asked: Asked) -> None:
    from server.stores import open_pool

    settings = settings_or_exit(data)

    async def work() -> None:
        async with open_pool(settings, upgrade=False) as pool:
            await asked(Inbox(pool))

    run(work())


def _line(row: InboxRow) -> str:
    return f"{row.seq}  {row.received_at:%Y-%m-%d %H:%M:%S}  {row.call_id}  {row.event_type}  {row.error}"
