"""Finds the call of a webhook that does not name one: by its leg, session or message, or because it begins one.

What fits no call is kept and, after a while in which its call might still have begun, marked as unknown.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from call_flow.state import MACHINE_VERSION, STATE_FORM
from call_flow.telnyx import call_id_of_session, is_inbound_start, message_of
from server.clock import Clock
from server.playbooks import Shelf
from storage.away import StoreAway
from storage.calls import Calls
from storage.inbox import Inbox, InboxKey, InboxRow

log = logging.getLogger(__name__)

PATIENCE = timedelta(
    seconds=60
)  # of business time: as long as a webhook may overtake the one that begins its call


class Router:
    """`decide` is told of every call that was given an event."""

    def __init__(
        self,
        inbox: Inbox,
        calls: Calls,
        shelf: Shelf,
        clock: Clock,
        decide: Callable[[UUID], None],
    ) -> None:
        self._inbox = inbox
        self._calls = calls
        self._shelf = shelf
        self._clock = clock
        self._decide = decide

    async def route_new(self, key: InboxKey) -> None:
        """Routes an event that was just received; where that fails the sweeper will."""
        try:
            row = await self._inbox.get(key.seq)
            if row is not None:
                await self.route(row)
        except StoreAway as away:
            log.warning("event %s waits for its call: %s", key.seq, away)

    async def route(self, row: InboxRow) -> UUID | None:
        """The call that the event was given, or None while it has none."""
        call_id = await self._owner(row) or await self._begun(row)
        if call_id is None:
            await self._give_up_on_old(row)
            return None
        await self._inbox.assign(row.seq, call_id)
        self._decide(call_id)
        return call_id

    async def _owner(self, row: InboxRow) -> UUID | None:
        if row.event_type.startswith("message."):
            return await self._calls.message_owner(*message_of(row.body))
        if row.call_leg_id is None and row.call_session_id is None:
            return None
        owner = await self._calls.leg_owner(row.call_leg_id, row.call_session_id)
        return owner.call_id if owner else None

    async def _begun(self, row: InboxRow) -> UUID | None:
        """The inbound call that this webhook begins; the same one for every process that sees it."""
        if not is_inbound_start(row.body) or row.call_session_id is None:
            return None
        call_id = call_id_of_session(row.call_session_id)
        caller = str((row.body.get("payload") or {}).get("from") or "")
        await self._calls.create(
            call_id,
            None,
            caller,
            self._shelf.current.version,
            None,
            self._clock.now(),
            machine_version=MACHINE_VERSION,
            state_form=STATE_FORM,
            direction="inbound",
        )
        return call_id

    async def _give_up_on_old(self, row: InboxRow) -> None:
        if self._clock.now() - row.received_at > PATIENCE and await self._inbox.mark_unknown(row.seq):
            log.warning("event %s (%s) fits no call", row.seq, row.event_type)
