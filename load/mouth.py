"""How a party's words reach the wire: spoken in time, transcribed as interims and then a final."""

from typing import TYPE_CHECKING, Any

from load import draws
from load.clock import iso
from load.leg import Leg
from load.voice import WORDS_PER_SECOND

if TYPE_CHECKING:
    from load.exchange import Exchange

INTERIM_WORDS = 3


class Mouth:
    """speaker: prospect or closer, as the journal names them."""

    def __init__(self, exchange: "Exchange", leg: Leg, speaker: str) -> None:
        self._exchange, self._leg, self._speaker = exchange, leg, speaker
        self._spoken = 0
        self._words: list[str] = []
        self._begun = 0.0
        self._takes_turn = True
        self.busy = False

    def _chance(self, name: str) -> float:
        leg = self._leg
        return draws.uniform(self._exchange.seed, leg.number, leg.nth, name, self._spoken)

    async def say(self, text: str, takes_turn: bool = True, share: float = 1.0) -> None:
        """Speak `text`, or its first `share`; returns when the words have ended, before the final is out."""
        words = text.split()
        words = words[: max(1, round(len(words) * share))]
        self._spoken += 1
        self._words, self._takes_turn = [], takes_turn
        self._begun = self._exchange.clock.now()
        self.busy = True
        try:
            await self._pronounce(words)
        finally:
            self.busy = False
        self._transcribe(words)

    async def _pronounce(self, words: list[str]) -> None:
        await self._exchange.clock.sleep(0.15)
        for count, spoken in enumerate(words, 1):
            self._words.append(spoken)
            if count % INTERIM_WORDS == 0 or count == len(words):
                behind = self._begun + 0.15 + count / WORDS_PER_SECOND - self._exchange.clock.now()
                await self._exchange.clock.sleep(behind)
                self._interim(" ".join(words[:count]))

    def _interim(self, text: str) -> None:
        listening = self._leg.transcription
        if listening and listening.interims and self._exchange.knobs.interims:
            self._exchange.transcript(self._leg, text, False, "inbound")

    def cut_off(self) -> None:
        """The leg ended in the middle of the words: what was said of them still gets its final."""
        if self.busy and self._words:
            self.busy = False
            self._transcribe(list(self._words))

    def _transcribe(self, words: list[str]) -> None:
        """Finals 0.3 to 0.8 s after the words; now and then two for one sentence."""
        listening = self._leg.transcription is not None and self._leg.transcription.tracks != "outbound"
        parts = [words]
        if len(words) > 6 and self._chance("split") < self._exchange.knobs.split_finals:
            middle = len(words) // 2
            parts = [words[:middle], words[middle:]]
        delay = 0.3 + 0.5 * self._chance("final")
        for part in parts:
            row = self._write_down(" ".join(part))
            if listening:
                self._exchange.spawn(
                    self._final(row, delay, self._takes_turn, 0.86 + 0.13 * self._chance("sure"))
                )
            delay += 0.35 + 0.5 * self._chance("second final")
        if listening and self._chance("late interim") < self._exchange.knobs.late_interims:
            self._exchange.spawn(self._late_interim(" ".join(words[:-1]) or words[0], delay))

    def _write_down(self, text: str) -> dict[str, Any]:
        leg = self._leg
        return self._exchange.journal.utterance(
            {
                "call_leg_id": leg.leg_id,
                "call_session_id": leg.session_id,
                "client_state": leg.client_state,
                "speaker": self._speaker,
                "to": "agent",
                "text": text,
                "started_at": iso(self._begun),
                "ended_at": iso(self._exchange.clock.now()),
                "heard_fraction": 1.0,
                "event_id": None,
                "command_id": None,
                "after_bridge": leg.bridged_at is not None,
            }
        )

    async def _final(self, row: dict[str, Any], delay: float, takes_turn: bool, confidence: float) -> None:
        await self._exchange.clock.sleep(delay)
        row["event_id"] = self._exchange.transcript(
            self._leg, row["text"], True, "inbound", takes_turn, confidence
        )

    async def _late_interim(self, text: str, delay: float) -> None:
        await self._exchange.clock.sleep(delay + 0.2)
        self._exchange.transcript(self._leg, text, False, "inbound")
