"""What the commands share: settings that explain themselves, and a loop."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from server.settings import Settings, SettingsError
from storage.away import StoreAway

Result = TypeVar("Result")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The data folder of the embedded stores.  [VOICELEARN_DATA, else .data]",
)


def settings_or_exit(data: Path | None = None) -> Settings:
    """The settings; a malformed one ends the command with its variable's name."""
    try:
        return Settings.read(**({} if data is None else {"data": data}))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a command's work; a store that is away ends it with a message."""
    try:
        return asyncio.run(work)
    except StoreAway as away:
        raise click.ClickException(str(away)) from away
