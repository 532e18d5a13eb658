"""An afternoon on the floor on which every hand-over goes as it can go, one after the other as far as they need the
same closer; who calls us meanwhile; and dials that are not answered for. What it left is judged elsewhere.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from server.demo.world import World
from storage.transfers import Transfer
from tests.survival import shift
from tests.survival.handovers import (
    ACCEPTS,
    BUSY,
    DECLINES,
    HANGS_UP,
    LATE,
    LATE_MACHINE,
    LEAVES,
    NO_ANSWER,
    REJECTS,
    SILENT,
    VOICEMAIL,
    Floor,
    over,
)

SEED = 1  # with which the people behind these numbers pick up within four seconds and answer at once
RANG = ("dialed_at",)
PICKED_UP = (*RANG, "answered_at")
ACCEPTED = (*PICKED_UP, "accepted_at")
TAKEN = (*ACCEPTED, "bridged_at")


def dialled(transfer: Transfer) -> object:
    return transfer.dialed_at


def answered(transfer: Transfer) -> object:
    return transfer.answered_at


@dataclass(frozen=True)
class Case:
    """A prospect who wants to talk to the closer now. `closers`: telephones by id, in the order in which they are
    asked. `outcomes` of the transfers in their order, `happened` the times that each has beside begin and end.
    `by_api`: what the closer does there once the transfer is as `when` says. `wire`: knobs from the closer's ringing
    until the transfer is over, or until the text message is as `message` says. `lasting`: the next prospect would be
    hot before the closer is done with this one.
    """

    prospect: str
    closers: dict[str, str]
    status: str
    outcomes: tuple[str, ...]
    happened: tuple[tuple[str, ...], ...]
    by_api: str = ""
    when: Callable[[Transfer], object] = dialled
    wire: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    lasting: bool = False


def to_kevin(prospect: str, phone: str, outcome: str, happened: tuple[str, ...]) -> Case:
    """Kevin is all there is, and does not come to talk to the prospect."""
    return Case(prospect, {"kevin": phone}, "video_sent", (outcome,), (happened,))


CASES = {
    "no_answer": Case("+12135557100", {"kevin": NO_ANSWER}, "video_sent", ("no_answer",), (RANG,)),
    "voicemail": Case("+12135557160", {"kevin": VOICEMAIL}, "video_sent", ("voicemail",), (PICKED_UP,)),
    "closer_hangs_up": Case(
        "+12125557189", {"kevin": HANGS_UP}, "video_sent", ("closer_hangup",), (PICKED_UP,)
    ),
    "left_while_ringing": Case(
        "+12125557524", {"kevin": NO_ANSWER}, "abandoned", ("prospect_hangup",), (RANG,)
    ),
    "left_in_the_whisper": Case(
        "+12155557515", {"kevin": LATE}, "abandoned", ("prospect_hangup",), (PICKED_UP,)
    ),
    "declined_by_api": Case(
        "+17135557196", {"kevin": NO_ANSWER}, "video_sent", ("declined",), (RANG,), "decline"
    ),
    "second_closer": Case(
        "+12155557108",
        {"kevin": DECLINES, "maria": ACCEPTS},
        "hot_transfer",
        ("declined", "bridged"),
        (PICKED_UP, TAKEN),
    ),
    "accepted_by_api": Case(
        "+12135557126", {"ana": ACCEPTS}, "hot_transfer", ("bridged",), (TAKEN,), "accept", answered
    ),
    "accepted_by_key": Case("+12125557187", {"kevin": ACCEPTS}, "hot_transfer", ("bridged",), (TAKEN,)),
    "not_delivered": replace(
        to_kevin("+16195557192", BUSY, "declined", RANG), wire={"sms_fails": 1.0}, message="delivery_failed"
    ),
    "declined_by_key": to_kevin("+17165557133", DECLINES, "declined", PICKED_UP),
    "rejected": to_kevin("+12105557129", REJECTS, "declined", RANG),
    "no_key": replace(to_kevin("+17185557196", SILENT, "no_answer", PICKED_UP), lasting=True),
    "late_machine": replace(to_kevin("+17165557140", LATE_MACHINE, "voicemail", PICKED_UP), lasting=True),
    "closer_leaves_with_the_key": to_kevin("+17185557135", LEAVES, "closer_hangup", ACCEPTED),
    "prospect_leaves_after_the_key": Case(
        "+15125557627", {"kevin": ACCEPTS}, "abandoned", ("prospect_hangup",), (ACCEPTED,)
    ),
    "bridge_refused": replace(
        to_kevin("+12155557194", ACCEPTS, "failed", ACCEPTED), wire={"bridge_refused": 1.0}
    ),
    "bridge_without_effect": replace(
        to_kevin("+12105557160", ACCEPTS, "closer_hangup", ACCEPTED), wire={"bridge_without_effect": 1.0}
    ),
}
# Twins need as long as each other until they are hot.
NO_CLOSER, TWINS = "+17185557122", ("+17185557142", "+19165557128")
KNOWN_CALLER, UNKNOWN_CALLER = "+13125557004", "+12125556505"
# Dials that get no answer from Telnyx: without effect, with one that webhooks tell of, and that only a look finds.
NEVER_RANG, TOLD_OF, FOUND = "+14155557160", "+13125556009", "+13125557279"
UNANSWERED = {"api_actions": ["dial"], "api_no_answer": 1.0}
PLAIN_WIRE = {
    "api_actions": [],
    "api_no_answer": 0.0,
    "api_no_answer_effect": 0.5,
    "delay": 0.0,
    "sms_fails": 0.0,
    "bridge_refused": 0.0,
    "bridge_without_effect": 0.0,
}
WEBHOOKS_LATER_S = 75.0  # than the minute after which a dial is looked for


@dataclass
class Afternoon:
    """`clicks`: the answers of the API to what closers did there, by case."""

    floor: Floor
    clicks: dict[str, Any] = field(default_factory=dict)

    async def spend(self) -> None:
        """Returns when nothing is left to happen."""
        for id in ("kevin", "maria", "ana", "zoe"):
            await self.floor.hire(id, ACCEPTS)
        await asyncio.gather(self._nobody_is_free(), self._callers())
        await self._cases()
        await self._twins()
        await self._found_by_looking()
        await shift.over(self.floor.world, self.floor.calls.values())

    async def _nobody_is_free(self) -> None:
        """A hot prospect and no closer; other dials are not answered for in the meantime."""
        floor, call = self.floor, await self.floor.call("no_closer", NO_CLOSER)
        await floor.dial_settled(call)
        async with self._knobs(**UNANSWERED, api_no_answer_effect=0.0):
            await floor.dial_settled(await floor.call("never_rang", NEVER_RANG))
        async with self._knobs(**UNANSWERED, api_no_answer_effect=1.0):
            await floor.dial_settled(await floor.call("told_of", TOLD_OF))
        await floor.ended(call)

    async def _callers(self) -> None:
        await self.floor.lead(KNOWN_CALLER)
        known = await self.floor.inbound("known_caller", KNOWN_CALLER)
        unknown = await self.floor.inbound("unknown_caller", UNKNOWN_CALLER)
        await asyncio.gather(self.floor.ended(known), self.floor.ended(unknown))

    async def _cases(self) -> None:
        """The next prospect is rung while the last one's transfer goes on: getting hot takes longer than that."""
        before: asyncio.Task[None] | None = None
        for name, case in CASES.items():
            call = await self.floor.call(name, case.prospect)
            if before is not None:
                await before
            for priority, (id, phone) in enumerate(case.closers.items(), 1):
                await self.floor.hire(id, phone, priority, free=True)
            await self.floor.transfer(call, dialled)
            before = asyncio.create_task(self._rest(name, case, call))
            if case.lasting:
                await before
        if before is not None:
            await before

    async def _rest(self, name: str, case: Case, call: UUID) -> None:
        async with self._knobs(**case.wire):
            if case.by_api:
                transfer = await self.floor.transfer(call, case.when)
                self.clicks[name] = await self.floor.say(transfer, case.by_api)
            await self.floor.transfer(call, over, len(case.outcomes))
            if case.message:
                await self.floor.message(call, case.message)
        for id, phone in case.closers.items():
            await self.floor.hire(id, phone)

    async def _twins(self) -> None:
        """Two prospects hot at the same time and one closer."""
        floor = self.floor
        await floor.hire("zoe", ACCEPTS, free=True)
        twins = [await floor.call(f"twin_{n}", number) for n, number in enumerate(TWINS)]
        await asyncio.gather(*(floor.left_by_us(call) for call in twins))
        await floor.hire("zoe", ACCEPTS)

    async def _found_by_looking(self) -> None:
        async with self._knobs(**UNANSWERED, api_no_answer_effect=1.0, delay=WEBHOOKS_LATER_S):
            await self.floor.dial_settled(await self.floor.call("found", FOUND))

    @asynccontextmanager
    async def _knobs(self, **knobs: Any) -> AsyncIterator[None]:
        """The wire is like this while the block lasts."""
        await self.floor.world.turn(**knobs)
        try:
            yield
        finally:
            await self.floor.world.turn(**{name: PLAIN_WIRE[name] for name in knobs})


async def spend(world: World) -> Afternoon:
    afternoon = Afternoon(Floor(world))
    await afternoon.spend()
    return afternoon
