"""Machines that pick up: voicemail, and a call-screening bot that asks before it lets anyone through."""

from typing import TYPE_CHECKING

from load import draws
from load.leg import Leg
from load.party import Party, ProspectParty
from load.prospect import Prospect
from load.reply import Reply
from load.voice import Line
from load.wording import word

if TYPE_CHECKING:
    from load.exchange import Exchange

_RECORDS_SECONDS = 60.0


class Answerphone:
    """A mind that plays its greeting and listens."""

    waiting = False

    def __init__(self, prospect: Prospect) -> None:
        self._prospect = prospect

    def greet(self, inbound: bool = False) -> Reply:
        return Reply(0.4, word(self._prospect.person, "voicemail"), act="voicemail", takes_turn=False)

    def hear(self, text: str, fraction: float = 1.0) -> Reply:
        """It hangs up once nothing more is said for a while."""
        return Reply(8.0, hang_up=True, act="voicemail")

    def dead_air(self) -> Reply:
        return Reply(0.0, hang_up=True, act="voicemail")


class VoicemailParty(Party):
    """Greeting, beep, and a minute of tape."""

    def picked_up(self) -> None:
        self.exchange.spawn(self._answer(), self.leg)

    async def _answer(self) -> None:
        await self.act(self.mind.greet())
        await self.exchange.clock.sleep(0.7)
        self.exchange.beep(self.leg)
        await self.exchange.clock.sleep(_RECORDS_SECONDS)
        self.exchange.end(self.leg, "normal_clearing", "callee", "200")

    def turn_ended(self) -> None:
        """A pause after the message ends the recording; words over the greeting do not."""
        self._heard.clear()
        if not self.mouth.busy:
            self.exchange.spawn(self._pause(self.exchange.clock.now()), self.leg)

    def line_started(self, line: Line) -> None:
        super().line_started(line)
        self._last = self.exchange.clock.now()

    async def _pause(self, since: float) -> None:
        await self.exchange.clock.sleep(8.0)
        if not self.leg.voice.current and self._last < since:
            self.exchange.end(self.leg, "normal_clearing", "callee", "200")


class ScreeningParty(Party):
    """The bot asks who calls and what about; then the person picks up and the bot is gone."""

    def __init__(self, exchange: "Exchange", leg: Leg, mind: Prospect) -> None:
        super().__init__(exchange, leg, mind)
        self._prospect = mind

    def picked_up(self) -> None:
        self._do(Reply(0.5, word(self._prospect.person, "screening"), act="screening"))

    def turn_ended(self) -> None:
        heard, self._heard = " ".join(self._heard), []
        if heard and not self.mouth.busy:
            self.exchange.spawn(self._put_through(), self.leg)
        self.listen_for_silence()

    async def _put_through(self) -> None:
        await self.act(Reply(0.8, word(self._prospect.person, "screening_wait"), takes_turn=False))
        person = self._prospect.person
        await self.exchange.clock.sleep(draws.between(3, 7, person.seed, person.number, "screened"))
        self._quiet_no_more()
        party = self.leg.party = ProspectParty(self.exchange, self.leg, self._prospect)
        party.picked_up()

    def _dead_air(self) -> None:
        if not self.leg.ended:
            self.exchange.end(self.leg, "normal_clearing", "callee", "200")
