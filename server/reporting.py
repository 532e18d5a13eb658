"""Writes down what became of an outbox row, together with the inbox event that tells the call of it.

Only what a call decides by comes back as an event: dials, messages, bridges and leg checks that took effect, and every
failure.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from call_flow.effects import Command
from call_flow.events import CommandDone, CommandFailed
from server.clock import Clock
from storage.inbox import ReceivedEvent
from storage.outbox import Outbox, OutboxRow

REPORTED = frozenset({"dial", "message", "bridge", "check_leg"})


class Reporter:
    """`decide` is told of the calls that received an event."""

    def __init__(self, outbox: Outbox, clock: Clock, decide: Callable[[UUID], None]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._decide = decide

    async def done(self, row: OutboxRow, command: Command, result: dict[str, Any]) -> None:
        """It took effect, or what it was to bring about is so already."""
        event = None
        if command.action in REPORTED:
            event = self._event(row, "done", CommandDone(key=row.key, result=result))
        await self._outbox.done(row.id, result, event)
        self._told(row, event)

    async def failed(self, row: OutboxRow, code: str, detail: str, *, maybe_done: bool) -> None:
        body = CommandFailed(key=row.key, code=code, detail=detail[:500], maybe_done=maybe_done)
        event = self._event(row, "failed", body)
        await self._outbox.fail(row.id, f"{code} {detail}"[:500], event)
        self._told(row, event)

    async def expired(self, row: OutboxRow, command: Command) -> None:
        body = CommandFailed(key=row.key, code="expired", maybe_done=row.first_sent_at is not None)
        event = self._event(row, "failed", body)
        await self._outbox.expire(row.id, event)
        self._told(row, event)

    def _event(self, row: OutboxRow, how: str, body: CommandDone | CommandFailed) -> ReceivedEvent:
        now = self._clock.now()
        return ReceivedEvent.ours(f"command:{row.id}:{how}", body, now, row.call_id)

    def _told(self, row: OutboxRow, event: ReceivedEvent | None) -> None:
        if event is not None:
            self._decide(row.call_id)
