"""Finds out what became of a command that nobody answered, when Telnyx no longer knows its `command_id`.

It must never send one again.
"""

from datetime import timedelta

from call_flow.effects import Command
from call_flow.telnyx import route
from server.clock import Clock
from server.reporting import Reporter
from server.sending import MEMORY
from server.telnyx import Accepted, Answer, Telnyx
from storage.calls import Calls, LegRow
from storage.outbox import Outbox, OutboxRow

WAIT_S = 2.0  # wall seconds between looks
GIVE_UP_AFTER = timedelta(minutes=10)  # of business time since it was sent, where Telnyx does not let us look
UNACKNOWLEDGED = "unacknowledged"


class Reconciler:
    def __init__(
        self,
        telnyx: Telnyx,
        outbox: Outbox,
        calls: Calls,
        reporter: Reporter,
        clock: Clock,
        connection_id: str,
    ) -> None:
        self._telnyx = telnyx
        self._outbox = outbox
        self._calls = calls
        self._reporter = reporter
        self._clock = clock
        self._connection_id = connection_id

    async def look_for(self, row: OutboxRow, command: Command) -> float | None:
        """None when the row's fate is written down; else wall seconds until the next look."""
        if command.action == "message":
            return await self._lost(row)
        legs = await self._calls.legs(row.call_id)
        leg = next((leg for leg in legs if leg.name == command.leg), None)
        if command.action == "dial":
            return await self._dial(row, command, leg)
        return await self._on_leg(row, command, leg)

    async def _dial(self, row: OutboxRow, command: Command, leg: LegRow | None) -> float | None:
        """Its own webhooks, then the live legs by `client_state`; without a sign of it there was no ring."""
        if leg is not None and leg.call_leg_id is not None:
            return await self._found(row, command, _ids(leg.model_dump()))
        live = await self._telnyx.active_calls(self._connection_id)
        if not isinstance(live, list):
            return await self._not_shown(row, live)
        for call in live:
            whose = route({"payload": call})
            if whose.call_id == row.call_id and whose.leg == command.leg:
                return await self._found(row, command, _ids(call))
        if self._since_sent(row) < MEMORY:
            return await self._look_again(row, "a repeat was refused, no sign of the first")
        return await self._lost(row)

    async def _on_leg(self, row: OutboxRow, command: Command, leg: LegRow | None) -> float | None:
        if leg is None or leg.call_control_id is None or leg.state == "ended":
            return await self._found(row, command, {"is_alive": False})
        status = await self._telnyx.leg_status(leg.call_control_id)
        if not isinstance(status, Accepted):
            return await self._not_shown(row, status)
        if command.action == "check_leg" or status.result.get("is_alive") is False:
            return await self._found(row, command, status.result)
        return await self._lost(row)

    async def _found(self, row: OutboxRow, command: Command, result: dict[str, object]) -> float | None:
        await self._reporter.done(row, command, result)
        return None

    async def _lost(self, row: OutboxRow) -> float | None:
        await self._reporter.failed(row, UNACKNOWLEDGED, "no answer and no sign of it", maybe_done=True)
        return None

    async def _not_shown(self, row: OutboxRow, answer: Answer) -> float | None:
        """Telnyx is away, or shows nothing to us: that may pass."""
        if self._since_sent(row) > GIVE_UP_AFTER:
            return await self._lost(row)
        return await self._look_again(row, f"looking for it: {type(answer).__name__}")

    async def _look_again(self, row: OutboxRow, why: str) -> float:
        await self._outbox.retry(row.id, why, WAIT_S)
        return WAIT_S

    def _since_sent(self, row: OutboxRow) -> timedelta:
        return self._clock.now() - (row.first_sent_at or row.created_at)


def _ids(found: dict[str, object]) -> dict[str, object]:
    return {name: found.get(name) for name in ("call_control_id", "call_leg_id", "call_session_id")}
