"""What runs beside the server: a failure is told at once, and is not the end of it."""

import asyncio
import logging

import pytest

from server import chores
from server.chores import beside, endless, once
from storage.away import StoreAway


class Work:
    """Fails as often as it is told, then succeeds; `done` is set when it has."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.done = asyncio.Event()

    async def __call__(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done.set()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(chores, "AWAY_PAUSE_S", 0.001)


@pytest.mark.usefixtures("hurried")
async def test_a_chore_that_fails_is_told_at_once_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(ValueError("no such user"), StoreAway("mongo"), ValueError("no such user"))
    async with beside({"schema of mongo": once(work)}):
        async with asyncio.timeout(10):
            await work.done.wait()
        mine = [record for record in caplog.records if record.name == "server.chores"]
        told = [(record.levelno, record.getMessage()) for record in mine]
        assert [level for level, _ in told] == [logging.ERROR, logging.WARNING, logging.ERROR]
        assert all("schema of mongo" in message for _, message in told)


@pytest.mark.usefixtures("hurried")
async def test_one_that_fails_for_ever_stops_no_other_and_ends_with_them() -> None:
    work = Work()

    async def broken(stop: asyncio.Event) -> None:
        raise ValueError

    async with beside({"broken": broken, "work": once(work)}), asyncio.timeout(10):
        await work.done.wait()


@pytest.mark.usefixtures("hurried")
async def test_work_without_an_end_is_begun_again_and_cancelled_at_the_stop() -> None:
    work, ended = Work(ValueError("lost")), asyncio.Event()

    async def watch() -> None:
        await work()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside({"watch": endless(watch)}), asyncio.timeout(10):
        await work.done.wait()
    assert ended.is_set()
