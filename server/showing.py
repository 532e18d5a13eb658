"""Tells the console what just happened. Best effort: losing one loses a repaint, never a fact."""

import asyncio
from typing import Any

from server.decider import Outcome
from storage.cache import Cache
from storage.calls import Pending

TOPIC = "calls"
MOST_WAITING = 1000


class Showing:
    """Publishes from a queue of its own, so that no decision waits for Redis; what does not fit is dropped."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)

    def note(self, outcome: Outcome) -> None:
        self._put(_view(outcome))

    def note_aside(self, pending: Pending) -> None:
        """An event could not be decided: somebody should look."""
        event = pending.event
        self._put({"call_id": str(pending.call_id), "aside": event.seq, "event": event.event_type})

    def _put(self, view: dict[str, Any]) -> None:
        if not self._queue.full():
            self._queue.put_nowait(view)

    async def run(self) -> None:
        while True:
            await self._cache.publish(TOPIC, await self._queue.get())


def _view(outcome: Outcome) -> dict[str, Any]:
    """What the console needs to know that it should look again: ids and numbers, no words and no names."""
    state = outcome.state
    return {
        "call_id": state.call_id,
        "version": outcome.decided.version,
        "event": outcome.pending.event.event_type,
        "mode": state.mode,
        "phase": state.phase,
        "engagement": round(state.engagement, 1),
        "status": state.final_status,
    }
