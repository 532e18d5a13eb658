"""Files pieces of transcript in Mongo as they are spoken, for as long as it takes and holding up nothing else.

A piece that the schema refuses is given up at once: those behind it must not wait for it.
"""

import logging

from call_flow.effects import FileSegment
from server.clock import Clock
from storage.away import StoreAway
from storage.mongo import Conversations, SchemaRefused
from storage.outbox import Outbox, OutboxRow

log = logging.getLogger(__name__)

WAITS = (0.25, 0.5, 1.0, 2.0, 4.0)  # wall seconds while Mongo is away
LEASE_S = 8.0  # wall seconds; longer than Mongo may take to answer


class Filer:
    """See `dispatcher.Sender`. Filing a segment twice is harmless: its number replaces it."""

    def __init__(self, conversations: Conversations, outbox: Outbox, clock: Clock, owner: str) -> None:
        self._conversations = conversations
        self._outbox = outbox
        self._clock = clock
        self._owner = owner

    async def send(self, row: OutboxRow) -> float | None:
        effect = FileSegment.model_validate(row.body)
        if not await self._outbox.mark_sending(row.id, self._clock.now(), self._owner, LEASE_S):
            return None
        try:
            await self._conversations.file_segment(row.call_id, effect.segment, at=self._clock.now())
        except StoreAway as away:
            wait = WAITS[min(row.attempts, len(WAITS) - 1)]
            await self._outbox.retry(row.id, str(away), wait)
            return wait
        except SchemaRefused as refusal:
            await self.give_up(row, str(refusal))
            return None
        await self._outbox.done(row.id)
        return None

    async def give_up(self, row: OutboxRow, error: str) -> None:
        """See `dispatcher.Sender`. The piece stays in the outbox, from which the call is learned."""
        log.error("%s of call %s is not filed: %s", row.key, row.call_id, error)
        await self._outbox.fail(row.id, error)
