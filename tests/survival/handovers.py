"""A floor on which hand-overs happen as a test wants them: who is called, which closers are free, and what their
telephones do. What a number does is told in the simulator's README.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from call_flow.telnyx import call_id_of_session
from load.people import person, public_facts
from server.demo.world import AGENT_NUMBER, CONNECTION, World
from storage.leads import Consent, LeadRow, Leads
from storage.outbox import Outbox, OutboxEntry
from storage.transfers import Transfer, Transfers
from tests.survival.shift import EVERY_DAY

LOOK_S = 0.02  # wall, between two looks for something that is about to happen
PATIENCE_S = 30.0  # wall, for it to happen

# Closers' telephones; those that pick up do so within five seconds of ringing at their first call, LATE after eight and
# a machine after fourteen.
ACCEPTS, LATE, DECLINES = "+13125559005", "+13125559010", "+13125559177"
NO_ANSWER, VOICEMAIL, HANGS_UP = "+13125559200", "+13125559300", "+13125559413"
BUSY, REJECTS, SILENT, LEAVES = "+13125559655", "+13125559786", "+13125559880", "+13125559979"
LATE_MACHINE = "+13125558958"

# What was known before the call, so that there is something to whisper.
KNOWN = {
    "current_income_range": "3000-3000/month",
    "desired_income_range": "6000-6000/month",
    "time_availability": "10 hours/week",
    "experience_level": "some",
}

Found = TypeVar("Found")


class Floor:
    """`calls`: ids by the name of the case."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.transfers = Transfers(world.pool)
        self.calls: dict[str, str] = {}
        self._leads = Leads(world.pool)

    async def hire(self, id: str, phone: str, priority: int = 1, *, free: bool = False) -> None:
        """A closer with this telephone, or a new one for who is there; at work at any hour, and busy if not free."""
        closer = {"name": id.title(), "phone": phone, "timezone": "America/Chicago", "priority": priority}
        await self._put(f"/api/closers/{id}", closer)
        await self._put(f"/api/closers/{id}/windows", {"windows": EVERY_DAY})
        await self._put(f"/api/closers/{id}/busy", {"busy": not free})

    async def lead(self, number: str) -> None:
        """The person behind the number asked for information, and agreed to calls."""
        now = self.world.clock.now()
        facts = public_facts(person(self.world.options.seed, number)) | KNOWN
        await self._leads.upsert(LeadRow(**facts), now)  # type: ignore[arg-type]
        agreed = Consent(phone=number, kind="call", granted=True, at=now, how="web form")
        await self._leads.record_consents([agreed], now)

    async def call(self, name: str, number: str) -> UUID:
        await self.lead(number)
        placed = await self.world.api.post("/api/calls", json={"phone": number})
        assert placed.status_code == 201, placed.text
        self.calls[name] = placed.json()["id"]
        return UUID(self.calls[name])

    async def inbound(self, name: str, number: str) -> UUID:
        """Somebody calls us."""
        body = {"from": number, "to": AGENT_NUMBER, "connection_id": CONNECTION}
        leg = (await self.world.sim.post("/sim/inbound", json=body)).raise_for_status().json()
        self.calls[name] = str(call_id_of_session(leg["call_session_id"]))
        return UUID(self.calls[name])

    async def transfer(self, call: UUID, until: Callable[[Transfer], object], n: int = 1) -> Transfer:
        """The call's `n`-th transfer, as soon as it is as `until` wants it."""

        async def look() -> Transfer | None:
            found = await self.transfers.of_call(call)
            return found[n - 1] if len(found) >= n and until(found[n - 1]) else None

        name = next((name for name, id in self.calls.items() if id == str(call)), "nobody")
        return await soon(look, f"transfer {n} of {name}, call {call}")

    async def ended(self, call: UUID) -> None:
        """Returns once the call has its final status."""
        await soon(lambda: self._left(call, "ended"), f"the end of call {call}", 0.1)

    async def left_by_us(self, call: UUID) -> None:
        """Returns once the agent has no more part in it: it has ended, or two people talk."""
        await soon(lambda: self._left(call, "ended", "bridged"), f"the agent's end in call {call}", 0.1)

    async def _left(self, call: UUID, *modes: str) -> bool | None:
        shown = (await self.world.api.get(f"/api/calls/{call}")).json()
        return shown.get("mode") in modes or None

    async def dial_settled(self, call: UUID) -> OutboxEntry:
        """The command that rings the prospect, once its fate is known."""

        async def look() -> OutboxEntry | None:
            rows = await Outbox(self.world.pool).of_call(call)
            dial = next((row for row in rows if row.row.key == "dial:prospect"), None)
            return dial if dial is not None and dial.status != "pending" else None

        return await soon(look, f"the dial of call {call}")

    async def message(self, call: UUID, status: str) -> None:
        """Returns once the call's text message has this status."""

        async def look() -> bool | None:
            shown = (await self.world.api.get(f"/api/calls/{call}")).json()
            return shown.get("message_status") == status or None

        await soon(look, f"the message of call {call} as {status}", 0.1)

    async def say(self, transfer: Transfer, action: str, body: dict[str, object] | None = None) -> Any:
        """What the closer does through the API."""
        return await self.world.api.post(f"/api/transfers/{transfer.id}/{action}", json=body or {})

    async def _put(self, path: str, body: dict[str, object]) -> None:
        (await self.world.api.put(path, json=body)).raise_for_status()


def over(transfer: Transfer) -> bool:
    return transfer.outcome is not None


async def soon(look: Callable[[], Awaitable[Found | None]], what: str, every_s: float = LOOK_S) -> Found:
    """What `look` finds, looking again and again; TimeoutError that names it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(every_s)
    raise TimeoutError(f"not within {PATIENCE_S:.0f} s: {what}")
