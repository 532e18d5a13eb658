"""Runs a measurement for a command, and says in words what kept it from being made."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import click


def measured(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The report. ClickException where a process or a store could not be started or was lost."""
    from server.demo.child import ChildFailed
    from server.demo.floor import FloorError
    from storage.away import StoreAway
    from storage.embedded.errors import StackError

    try:
        return asyncio.run(work)
    except (ChildFailed, FloorError, StackError, StoreAway, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
