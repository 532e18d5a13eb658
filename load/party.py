"""Who is on the far end of a leg, and when they talk: turn taking between a mind and the wire.

A party hears what was played, thinks by itself, and acts on the leg like a person with a telephone.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol

from load.hearing import cut
from load.leg import Leg
from load.mouth import Mouth
from load.prospect import Prospect
from load.reply import Reply
from load.voice import Line

if TYPE_CHECKING:
    from load.exchange import Exchange

# Someone who waits for a third person is patient for longer.
_WAITING = 3.0


class Mind(Protocol):
    """What decides what a party says: see load.prospect and load.closer."""

    waiting: bool

    def greet(self, inbound: bool = False) -> Reply: ...
    def hear(self, text: str, fraction: float = 1.0) -> Reply: ...
    def dead_air(self) -> Reply: ...


class Party:
    """Someone with a mind. Lines heard in one turn of the agent are answered together."""

    def __init__(self, exchange: "Exchange", leg: Leg, mind: Mind) -> None:
        self.exchange, self.leg, self.mind = exchange, leg, mind
        self.mouth = Mouth(exchange, leg, leg.role)
        self._heard: list[str] = []
        self._spoke_over = False
        self._alarm: asyncio.TimerHandle | None = None

    # ---- what happens to the leg

    def picked_up(self) -> None:
        self._do(self.mind.greet(self.leg.direction == "incoming"))

    def line_started(self, line: Line) -> None:
        """A line that begins after one has talked over the last is a new one to answer."""
        self._quiet_no_more()
        if self._spoke_over and not self.mouth.busy:
            self._spoke_over = False
            self._heard.clear()

    def line_ended(self, line: Line, heard: float) -> None:
        if line.text:
            self._heard.append(cut(line.text, heard))

    def turn_ended(self) -> None:
        """The agent has nothing more to play: answer, unless one has just talked over it."""
        text, self._heard = " ".join(self._heard), []
        talked, self._spoke_over = self._spoke_over or self.mouth.busy, False
        if self.leg.partner is None and text and not talked:
            self._do(self.mind.hear(text))
        self.listen_for_silence()

    def no_longer_heard(self) -> None:
        """The agent has stopped listening: most people do not notice."""

    def hung_up(self) -> None:
        self.mouth.cut_off()
        self._quiet_no_more()

    # ---- what the party does

    def _do(self, reply: Reply) -> None:
        self.exchange.spawn(self.act(reply), self.leg)

    async def act(self, reply: Reply) -> None:
        """Carry out a reply on the wire."""
        await self.exchange.clock.sleep(reply.delay)
        if reply.digit:
            self.exchange.press(self.leg, reply.digit)
        if reply.text:
            await self.speak(reply)
        if reply.hang_up:
            if reply.cut is None:
                await self.exchange.clock.sleep(self.exchange.knobs.leaves_after)
            self.exchange.end(self.leg, "normal_clearing", "callee", "200")
        self.listen_for_silence()

    async def speak(self, reply: Reply) -> None:
        if reply.takes_turn and self.leg.voice.current:
            self._spoke_over = True
        self._quiet_no_more()
        await self.mouth.say(reply.text or "", reply.takes_turn, reply.cut or 1.0)

    # ---- silence

    def _quiet_no_more(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None

    def listen_for_silence(self) -> None:
        """Sound the alarm when nobody has said anything for long."""
        self._quiet_no_more()
        if self.leg.answered:
            seconds = self.exchange.knobs.dead_air * (_WAITING if self.mind.waiting else 1.0)
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(seconds / self.exchange.clock.rate, self._dead_air)

    def _dead_air(self) -> None:
        if self.leg.ended:
            return
        if self.leg.partner or self.leg.voice.current or self.mouth.busy:
            self.listen_for_silence()
        else:
            self._do(self.mind.dead_air())


class ProspectParty(Party):
    """A prospect, who may talk over a line or murmur during it."""

    mind: Prospect

    def no_longer_heard(self) -> None:
        """One kind leaves between the closer's key and the bridge, which is when the agent stops listening."""
        if self.mind.behaviour == "leaves_taken":
            self.exchange.end(self.leg, "normal_clearing", "callee", "200")

    def line_started(self, line: Line) -> None:
        super().line_started(line)
        if line.kind != "speak" or self.leg.partner or self.mouth.busy:
            return
        knobs = self.exchange.knobs
        share = self.mind.interrupts(line.text, knobs.barge_in)
        if share is not None:
            self.exchange.spawn(self._talk_over(line, share), self.leg)
            return
        murmur = self.mind.murmurs(line.text, knobs.backchannels)
        if murmur is not None:
            self.exchange.spawn(self._murmur(line, murmur), self.leg)

    async def _talk_over(self, line: Line, share: float) -> None:
        await self.exchange.clock.sleep(share * line.seconds)
        if self.leg.voice.current is line:
            await self.speak(self.mind.interrupt(line.text, share))
            self.listen_for_silence()

    async def _murmur(self, line: Line, share: float) -> None:
        await self.exchange.clock.sleep(share * line.seconds)
        if self.leg.voice.current is line and not self.mouth.busy:
            await self.mouth.say(self.mind.murmur().text or "", takes_turn=False)
