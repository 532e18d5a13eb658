"""Worlds of real processes on the session's one stack, each with a database of its own."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from server.demo.world import Options, World
from storage.embedded.stack import Stack
from tests.conftest import copy_of, database_name

MakeWorld = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture(scope="session")
def worlds_folder() -> Iterator[Path]:
    """Where the processes' logs are kept while the tests last."""
    folder = Path(tempfile.mkdtemp(prefix="voicelearn-survival-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def make_world(stack: Stack, warm_template: str, data_folder: Path, worlds_folder: Path) -> MakeWorld:
    """`async with make_world(rate=…, seed=…, settings=…, knobs=…)`: other options are `World`'s own."""

    @asynccontextmanager
    async def make(*, settings: dict[str, str] | None = None, **options: Any) -> AsyncIterator[World]:
        settings = {"data": str(data_folder), **(settings or {})}
        async with copy_of(stack.urls.postgres, warm_template) as url:
            name = database_name(url)
            place = {"folder": worlds_folder / name, "stack": stack.path, "database": name}
            async with World(Options(**place, settings=settings, **options)) as world:
                yield world

    return make
