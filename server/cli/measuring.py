"""Runs a measurement for a command, and says in words what kept it from being made."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import click

from server.cli.settings import TOLD


def measured(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The report. ClickException where a process or a store could not be started or was lost."""
    from server.demo.child import ChildFailed
    from server.demo.floor import FloorError

    try:
        return asyncio.run(work)
    except (ChildFailed, FloorError, TimeoutError, *TOLD) as error:
        raise click.ClickException(str(error)) from error


async def in_own_folder(bench: Callable[[Any, Any], Awaitable[dict[str, Any]]], size: Any) -> dict[str, Any]:
    """What a bench of this size finds in a world of its own, with the machine that it ran on."""
    from server.bench.machine import machine
    from server.bench.own_folder import own_folder

    found = {"machine": machine(), "seed": size.seed}
    with own_folder() as folder:
        return found | await bench(size, size.options(folder))
