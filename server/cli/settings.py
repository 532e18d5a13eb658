"""What the commands share: settings that explain themselves, and a loop."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from call_flow.playbook.book import PlaybookError
from server.settings import Settings, SettingsError, variable
from storage.away import SchemaDiffers, StoreAway
from storage.embedded.errors import StackError

Result = TypeVar("Result")
# What a person can act on: the message says all.
TOLD = (PlaybookError, SettingsError, StackError, StoreAway, SchemaDiffers)

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
    """Runs a command's work; a store that is away or cannot be started ends it with a message."""
    try:
        return asyncio.run(work)
    except TOLD as error:
        raise click.ClickException(told(error)) from error


def told(error: BaseException) -> str:
    """One of TOLD for a person, with the setting that names a store which is away."""
    if isinstance(error, StoreAway) and Settings.read().urls().model_dump().get(error.store):
        return f"{error} ({variable(f'{error.store}_url')})"
    return str(error)
