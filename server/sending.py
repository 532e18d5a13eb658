"""Sends commands to Telnyx, so that each takes effect once, or not at all and says so.

The row's id is the `command_id`: Telnyx ignores a repeat of it for 60 s of the call's clock. Within that time an
unanswered command is sent again; after it, never: it is looked for (`reconciling`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from call_flow.effects import Command
from call_flow.telnyx import client_state
from server.clock import Clock
from server.reporting import Reporter
from server.telnyx import Accepted, Answer, NoAnswer, Rejected, Telnyx, Throttled
from storage.calls import Calls
from storage.outbox import Outbox, OutboxRow, Sending

log = logging.getLogger(__name__)

# Of the 60 s for which Telnyx knows a command_id: the rest is for the way there.
MEMORY = timedelta(seconds=55)
LEASE_MARGIN_S = 3.0  # wall seconds beyond what one request may take, for writing down its answer
# Waits are business seconds, as Telnyx keeps the same clock; never shorter than SHORTEST_WAIT_S of the wall's.
NO_ANSWER_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)  # Telnyx advises 500 ms for the first
NOT_YET_WAIT = 0.4
SHORTEST_WAIT_S = 0.02
NOT_YET_TRIES = 25
NO_LEG_TRIES_FOR = timedelta(seconds=20)

ENDED = "90018"
NOT_ANSWERED = "90034"
ENDING_ACTIONS = frozenset(
    {"hangup", "reject", "playback_stop", "transcription_stop", "record_stop", "streaming_stop"}
)
GONE = frozenset(
    {ENDED, "90015", "90048", "90055", "404"}
)  # for an ending action: what it was to end is not there
ALREADY = {"transcription_start": frozenset({"90054"}), "streaming_start": frozenset({"90045"})}


class TelnyxSender:
    """Sends one row at a time of each destination. `look_for` is asked about commands whose fate is unknown."""

    def __init__(
        self,
        telnyx: Telnyx,
        outbox: Outbox,
        calls: Calls,
        reporter: Reporter,
        clock: Clock,
        owner: str,
        account: dict[str, str],
        look_for: Callable[[OutboxRow, Command], Awaitable[float | None]],
    ) -> None:
        self._telnyx = telnyx
        self._outbox = outbox
        self._calls = calls
        self._reporter = reporter
        self._clock = clock
        self._owner = owner
        self._account = account
        self._look_for = look_for

    async def send(self, row: OutboxRow) -> float | None:
        """See `dispatcher.Sender`."""
        command = Command.model_validate(row.body)
        now = self._clock.now()
        if _too_late(row, command, now):
            await self._reporter.expired(row, command)
            return None
        if row.first_sent_at is not None and (
            now - row.first_sent_at >= MEMORY or await self._seen(row, command)
        ):
            return await self._look_for(row, command)
        lease_s = self._telnyx.timeout + LEASE_MARGIN_S
        sending = await self._outbox.mark_sending(row.id, now, self._owner, lease_s)
        if sending is None:
            return None
        if _lacks_leg(command, sending):
            return await self._without_leg(row, command)
        left = self._clock.wall_until(sending.first_sent_at + MEMORY)
        if left <= 0 or _too_late(row, command, self._clock.now()):  # the leave took long to come
            return await self._again(row, "not sent: its time passed", 0.0, no_effect=True)
        return await self._settle(row, command, await self._said(row, command, sending, left))

    async def give_up(self, row: OutboxRow, error: str) -> None:
        """See `dispatcher.Sender`."""
        await self._reporter.failed(row, "unknown", error, maybe_done=row.first_sent_at is not None)

    async def _seen(self, row: OutboxRow, command: Command) -> bool:
        """Whether a dial that was sent before has shown itself by a webhook of its leg."""
        if command.action != "dial":
            return False
        legs = await self._calls.legs(row.call_id)
        return any(leg.name == command.leg and leg.call_leg_id for leg in legs)

    async def _without_leg(self, row: OutboxRow, command: Command) -> float | None:
        if self._clock.now() - row.created_at > NO_LEG_TRIES_FOR:
            await self._reporter.failed(
                row, "unknown", f"leg {command.leg} has no control id", maybe_done=False
            )
            return None
        return await self._again(row, "no control id yet", NOT_YET_WAIT, no_effect=True)

    async def _said(self, row: OutboxRow, command: Command, sending: Sending, seconds: float) -> Answer:
        """The answer, if it comes while Telnyx still knows the command: for `seconds` of the wall's."""
        try:
            async with asyncio.timeout(seconds):
                return await self._say(row, command, sending)
        except TimeoutError:
            return NoAnswer("its time in Telnyx's memory is over")

    async def _say(self, row: OutboxRow, command: Command, sending: Sending) -> Answer:
        body = body_of(command, row.call_id, row.id, self._account)
        if command.action == "dial":
            return await self._telnyx.dial(body)
        if command.action == "message":
            return await self._telnyx.message(body, str(row.id))
        if command.action == "check_leg":
            return await self._telnyx.leg_status(sending.control_id or "")
        if command.other_leg is not None:
            body["call_control_id"] = sending.other_control_id
        return await self._telnyx.act(sending.control_id or "", command.action, body)

    async def _settle(self, row: OutboxRow, command: Command, answer: Answer) -> float | None:
        match answer:
            case Accepted(result):
                await self._reporter.done(row, command, result)
                return None
            case Throttled(retry_after):
                return await self._again(row, "HTTP 429", retry_after, no_effect=True)
            case NoAnswer(reason):
                waits = NO_ANSWER_WAITS
                return await self._again(
                    row, f"no answer: {reason}", waits[min(row.attempts, len(waits) - 1)]
                )
            case Rejected():
                return await self._rejected(row, command, answer)

    async def _rejected(self, row: OutboxRow, command: Command, answer: Rejected) -> float | None:
        """Races are ordinary: a leg that has ended is ended, one that has not answered yet soon will have."""
        if command.action == "dial" and row.first_sent_at is not None:
            return await self._look_for(row, command)  # what is refused is the repeat: the first one may ring
        gone = command.action in ENDING_ACTIONS and answer.code in GONE
        if gone or answer.code in ALREADY.get(command.action, ()):
            await self._reporter.done(row, command, {"code": answer.code})
            return None
        if answer.code == NOT_ANSWERED and row.attempts < NOT_YET_TRIES:
            return await self._again(row, "leg not answered yet", NOT_YET_WAIT, no_effect=True)
        await self._reporter.failed(row, answer.code, answer.detail, maybe_done=row.first_sent_at is not None)
        return None

    async def _again(self, row: OutboxRow, error: str, wait: float, *, no_effect: bool = False) -> float:
        """`no_effect`: this attempt certainly did nothing; where it was the first one, nothing was sent yet."""
        log.info("%s of call %s waits %.2f s: %s", row.key, row.call_id, wait, error)
        wall = max(SHORTEST_WAIT_S, self._clock.wall(wait))
        await self._outbox.retry(row.id, error, wall, unsent=no_effect and row.first_sent_at is None)
        return wall


def _too_late(row: OutboxRow, command: Command, now: datetime) -> bool:
    """A dial that was sent may be ringing: it is looked for, however late it is."""
    sent = command.action == "dial" and row.first_sent_at is not None
    return row.not_after is not None and now >= row.not_after and not sent


def _lacks_leg(command: Command, sending: Sending) -> bool:
    """Whether the command goes to a leg whose control id no answer or webhook has named yet."""
    if command.action in ("dial", "message"):
        return False
    return sending.control_id is None or (command.other_leg is not None and sending.other_control_id is None)


def body_of(command: Command, call_id: UUID, id: UUID, account: dict[str, str]) -> dict[str, Any]:
    """The request's body as Telnyx names it. `account`: what the deployment adds to a dial or message."""
    args = {("from" if name == "from_" else name): value for name, value in command.args.items()}
    line = args.pop("line", None)
    if command.action == "message":
        return {"from": account["from"]} | args
    body = args | {"command_id": str(id), "client_state": client_state(call_id, command.leg, line)}
    return account | body if command.action == "dial" else body
