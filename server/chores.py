"""What runs beside a process's main work until it stops. A chore must not fail silently, nor for good."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from storage.away import StoreAway

log = logging.getLogger(__name__)

AWAY_PAUSE_S = 2.0  # wall seconds, while a store is away
FIRST_PAUSE_S = 1.0  # after a failure; doubled with each further one
LONGEST_PAUSE_S = 60.0

Work = Callable[[], Awaitable[object]]
Chore = Callable[[asyncio.Event], Awaitable[object]]


@asynccontextmanager
async def beside(chores: Mapping[str, Chore]) -> AsyncIterator[None]:
    """Runs chores by their names while the block lasts, then stops them and waits for their end.

    One that returns is done; one that raises is logged at once and begun again after a pause.
    """
    stop = asyncio.Event()
    tasks = [asyncio.create_task(_kept_up(name, chore, stop), name=name) for name, chore in chores.items()]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def once(work: Work) -> Chore:
    """A chore that is done when `work` has succeeded."""
    return lambda stop: work()


def endless(work: Work) -> Chore:
    """A chore out of work that knows no end: it is cancelled."""

    async def chore(stop: asyncio.Event) -> None:
        working, stopping = asyncio.ensure_future(work()), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    return chore


async def _kept_up(name: str, chore: Chore, stop: asyncio.Event) -> None:
    failures = 0
    while not stop.is_set():
        try:
            await chore(stop)
            return
        except StoreAway as away:
            pause = AWAY_PAUSE_S
            log.warning("%s waits: %s", name, away)
        except Exception:
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures)
            failures = min(failures + 1, 10)
            log.exception("%s failed; begun again in %.0f s", name, pause)
        await _wait(stop, pause)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
