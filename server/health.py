"""Whether each store answers, for `/readyz` and `doctor`. Asking must never take longer than its deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

DEADLINE = 1.5  # wall seconds for all stores together
Ping = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class StoreHealth:
    """`error` names what went wrong, None where the store answered; `ms` of wall time."""

    ok: bool
    ms: float
    error: str | None = None


class Health:
    """Pings by store's name. A ping answers, or raises, or answers False."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = pings

    async def stores(self) -> dict[str, StoreHealth]:
        found = await asyncio.gather(*(_ask(ping) for ping in self._pings.values()))
        return dict(zip(self._pings, found, strict=True))


async def _ask(ping: Ping) -> StoreHealth:
    began = time.perf_counter()
    try:
        answer = await asyncio.wait_for(_as_coroutine(ping), DEADLINE)
    except Exception as error:
        return StoreHealth(False, _ms(began), type(error).__name__)
    return StoreHealth(answer is not False, _ms(began), "no answer" if answer is False else None)


async def _as_coroutine(ping: Ping) -> object:
    return await ping()


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
