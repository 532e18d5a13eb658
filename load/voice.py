"""What the agent plays into a leg: lines queued back to back, each with its realistic time, cut when told.

Speech takes 0.3 s and then 2.6 words a second of the shared clock.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from load.clock import iso
from load.leg import new_id

if TYPE_CHECKING:
    from load.exchange import Exchange
    from load.leg import Leg

WORDS_PER_SECOND = 2.6


def speech_seconds(text: str) -> float:
    return 0.3 + len(text.split()) / WORDS_PER_SECOND


@dataclass
class Line:
    """kind: speak, playback, or prompt (a gather's words, which have no events of their own)."""

    kind: str
    text: str
    seconds: float
    command_id: str | None = None
    client_state: str | None = None
    media_url: str | None = None
    id: str = field(default_factory=new_id)
    started_at: float = 0.0
    status: str = "completed"
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def facts(self) -> dict[str, Any]:
        if self.kind == "speak":
            return {"speak_id": self.id}
        return {"media_url": self.media_url, "media_name": None, "overlay": False}


class Voice:
    """The queue of one leg."""

    def __init__(self, exchange: "Exchange", leg: "Leg") -> None:
        self._exchange, self._leg = exchange, leg
        self._queue: deque[Line] = deque()
        self.current: Line | None = None
        self._playing = False

    def play(self, line: Line) -> None:
        self._queue.append(line)
        if not self._playing:
            self._playing = True
            self._exchange.spawn(self._play_all(), self._leg)

    def stop(self, everything: bool, status: str) -> bool:
        """Cut the line that plays, and drop those behind it; False if there was nothing to stop."""
        busy = self.current is not None or bool(self._queue)
        if everything:
            self._queue.clear()
        if self.current:
            self.current.status = status
            self.current.stopped.set()
        return busy

    def end_of_call(self) -> None:
        """The leg is gone: what was playing ends at once, with its event."""
        self._queue.clear()
        if self.current and self.current.started_at:
            self.current.status = "call_hangup"
            self._finish(self.current)
        self.current = None

    async def _play_all(self) -> None:
        while self._queue:
            self.current = line = self._queue.popleft()
            await self._exchange.clock.sleep(0.12)
            self._start(line)
            try:
                async with asyncio.timeout(line.seconds / self._exchange.clock.rate):
                    await line.stopped.wait()
            except TimeoutError:
                pass
            self.current = None
            heard = self._finish(line)
            self._leg.party.line_ended(line, heard)
        self._playing = False
        self._leg.party.turn_ended()

    def _start(self, line: Line) -> None:
        line.started_at = self._exchange.clock.now()
        if line.kind != "prompt":
            self._exchange.emit(self._leg, f"call.{line.kind}.started", **line.facts())
        self._leg.party.line_started(line)

    def _finish(self, line: Line) -> float:
        """Emits the end and writes down what was heard; returns the share that was."""
        now = self._exchange.clock.now()
        begun = line.started_at or now
        heard = (
            1.0 if not line.stopped.is_set() and line.status == "completed" else (now - begun) / line.seconds
        )
        heard = max(0.0, min(1.0, heard))
        if line.kind != "prompt":
            extra: dict[str, Any] = {"status_detail": None} if line.kind == "playback" else {}
            self._exchange.emit(
                self._leg, f"call.{line.kind}.ended", **line.facts(), status=line.status, **extra
            )
        if line.text:
            self._write_down(line, begun, now, heard)
        return heard

    def _write_down(self, line: Line, begun: float, now: float, heard: float) -> None:
        leg = self._leg
        row = self._exchange.journal.utterance(
            {
                "call_leg_id": leg.leg_id,
                "call_session_id": leg.session_id,
                "client_state": line.client_state or leg.client_state,
                "speaker": "agent",
                "to": leg.role,
                "text": line.text,
                "started_at": iso(begun),
                "ended_at": iso(now),
                "heard_fraction": round(heard, 6),
                "event_id": None,
                "command_id": line.command_id,
                "after_bridge": leg.bridged_at is not None,
            }
        )
        if leg.transcription and leg.transcription.tracks in ("outbound", "both") and not leg.ended:
            row["event_id"] = self._exchange.transcript(leg, line.text, True, "outbound")
