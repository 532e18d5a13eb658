"""The media WebSocket of one leg, from Telnyx' side: frames of the party's voice out, audio and marks in.

Times follow the shared clock: at twenty times the rate a second of audio passes in 50 ms.
"""

import asyncio
import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from load.clock import iso
from load.leg import Leg, new_id
from load.people import person
from load.sound import RATE, SILENCE, voice_frames

if TYPE_CHECKING:
    from load.exchange import Exchange

_FRAME_SECONDS = 0.02


class MediaStream:
    """body: the parameters of streaming_start."""

    def __init__(self, exchange: "Exchange", leg: Leg, body: dict[str, Any]) -> None:
        self._exchange, self._leg, self._body = exchange, leg, body
        self.id = new_id()
        self.received = 0
        self._url = str(body["stream_url"])
        self._track = str(body.get("stream_track", "inbound_track"))
        self._voice = voice_frames(int(person(exchange.seed, leg.number).voice_hz))
        self._sequence = 0
        self._plays_until = 0.0
        self._marks: list[tuple[float, str]] = []
        self._over = asyncio.Event()

    def close(self) -> None:
        self._over.set()

    async def run(self) -> None:
        """Connect, stream until the leg or a command ends it, and say so by webhook."""
        try:
            async with connect(self._url, open_timeout=5, max_size=2**22, compression=None) as socket:
                self._exchange.emit(self._leg, "streaming.started", stream_url=self._url)
                await self._stream(socket)
        except (OSError, TimeoutError, WebSocketException, ValueError) as problem:
            self._failed(problem)
            return
        self._exchange.emit(self._leg, "streaming.stopped", stream_url=self._url)

    def _failed(self, problem: Exception) -> None:
        self._exchange.emit(
            self._leg,
            "streaming.failed",
            failure_reason=type(problem).__name__,
            stream_id=self.id,
            stream_params={"stream_url": self._url, "track": self._track},
            stream_type="websocket",
        )

    async def _stream(self, socket: ClientConnection) -> None:
        await self._send(socket, {"event": "connected", "version": "1.0.0"})
        await self._send(socket, {"event": "start", "start": self._start()})
        reader = asyncio.create_task(self._read(socket))
        try:
            await self._frames(socket)
            if not reader.done():
                await self._send(socket, {"event": "stop", "stop": {"call_control_id": self._leg.control_id}})
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError, WebSocketException):
                await reader

    def _start(self) -> dict[str, Any]:
        return {
            "user_id": "simulated",
            "call_control_id": self._leg.control_id,
            "call_session_id": self._leg.session_id,
            "from": self._leg.from_,
            "to": self._leg.to,
            "tags": [],
            "client_state": self._leg.client_state,
            "media_format": {"encoding": "PCMU", "sample_rate": RATE, "channels": 1},
        }

    async def _send(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        self._sequence += 1
        await socket.send(json.dumps({"sequence_number": str(self._sequence), "stream_id": self.id, **frame}))

    async def _frames(self, socket: ClientConnection) -> None:
        clock, begun, chunk = self._exchange.clock, self._exchange.clock.now(), 0
        while not self._over.is_set():
            while begun + chunk * _FRAME_SECONDS <= clock.now() and not self._over.is_set():
                chunk += 1
                await self._frame(socket, chunk)
            await self._return_marks(socket)
            await clock.sleep(_FRAME_SECONDS)

    async def _frame(self, socket: ClientConnection, chunk: int) -> None:
        if self._track in ("inbound_track", "both_tracks"):
            await self._media(socket, "inbound", chunk, self._leg.party.mouth.busy)
        if self._track in ("outbound_track", "both_tracks"):
            await self._media(socket, "outbound", chunk, self._leg.voice.current is not None)

    async def _media(self, socket: ClientConnection, track: str, chunk: int, speaking: bool) -> None:
        sound = self._voice[chunk % len(self._voice)] if speaking else SILENCE
        media = {
            "track": track,
            "chunk": str(chunk),
            "timestamp": str(chunk * 20),
            "payload": base64.b64encode(sound).decode(),
        }
        await self._send(socket, {"event": "media", "media": media})

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(WebSocketException):
            async for text in socket:
                await self._take(socket, text)
        self._over.set()

    async def _take(self, socket: ClientConnection, text: str | bytes) -> None:
        now = self._exchange.clock.now()
        try:
            frame = json.loads(text)
            event = frame["event"]
            if event == "media":
                sound = base64.b64decode(frame["media"]["payload"], validate=True)
                self.received += len(sound)
                self._plays_until = max(now, self._plays_until) + len(sound) / RATE
            elif event == "mark":
                self._marks.append((max(now, self._plays_until), frame["mark"]["name"]))
            elif event == "clear":
                self._plays_until = now
                self._marks = [(now, name) for _, name in self._marks]
        except (ValueError, KeyError, TypeError) as problem:
            error = {"code": 100003, "title": "malformed_frame", "detail": type(problem).__name__}
            await self._send(socket, {"event": "error", "payload": error})

    async def _return_marks(self, socket: ClientConnection) -> None:
        now = self._exchange.clock.now()
        due = [name for at, name in self._marks if at <= now]
        self._marks = [(at, name) for at, name in self._marks if at > now]
        for name in due:
            await self._send(socket, {"event": "mark", "mark": {"name": name}, "occurred_at": iso(now)})
