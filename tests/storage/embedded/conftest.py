"""Stacks for tests, and the certainty that no test leaves a server behind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.embedded.stack import Stack
from tests.storage.embedded.members import Member, gone_within, processes_of


@pytest.fixture
def member() -> Iterator[Callable[..., Member]]:
    """Begins members; call `.joined()` on what it gives."""
    begun: list[Member] = []

    def begin(*arguments: Any, **options: Any) -> Member:
        begun.append(Member(*arguments, **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A stack's folder that root and anybody else can reach; when the test ends nothing may run on it."""
    above = Path(tempfile.mkdtemp(prefix="stack-"))
    above.chmod(0o711)
    yield above / "stack"
    Stack.down(above / "stack")
    left_over = gone_within(above / "stack", 15)
    shutil.rmtree(above)
    assert not left_over


@pytest.fixture(scope="module")
def full() -> Iterator[Stack]:
    """All five servers, joined by this process, for the tests of one module."""
    above = Path(tempfile.mkdtemp(prefix="stack-"))
    above.chmod(0o711)
    with Stack.join(above / "stack") as stack:
        yield stack
        stack.leave(wait=True)
    assert not processes_of(above / "stack")
    shutil.rmtree(above)
