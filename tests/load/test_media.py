"""The media WebSocket from Telnyx' side, and the voice that comes over it."""

import asyncio
import base64
import json
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

from load.sound import FRAME, mulaw, voice_frames
from tests.load.wired import wired

TALKER = "+12145550042"


def _linear(coded: bytes) -> np.ndarray:
    """G.711 µ-law decoded by its definition."""
    inverted = ~np.frombuffer(coded, np.uint8)
    magnitude = (((inverted & 0x0F).astype(np.int32) << 3) + 132) << ((inverted & 0x70) >> 4)
    return np.where(inverted & 0x80, 132 - magnitude, magnitude - 132)


def test_mulaw_keeps_samples_within_its_steps() -> None:
    samples = np.arange(-32000, 32000, 7).astype(np.int16)
    error = np.abs(_linear(mulaw(samples)) - samples)
    assert np.all(error <= 8 + np.abs(samples) / 16)


def test_a_voice_has_its_pitch() -> None:
    frames = voice_frames(150)
    assert {len(frame) for frame in frames} == {FRAME}
    spectrum = np.abs(np.fft.rfft(_linear(b"".join(frames)).astype(float)))
    assert abs(int(np.argmax(spectrum)) - 150) < 15


async def test_a_stream_starts_carries_voice_and_returns_marks() -> None:
    frames: list[dict[str, Any]] = []
    marked = asyncio.Event()

    async def take(socket: ServerConnection) -> None:
        await socket.send(
            json.dumps({"event": "media", "media": {"payload": base64.b64encode(b"\xff" * 8000).decode()}})
        )
        await socket.send(json.dumps({"event": "mark", "mark": {"name": "said"}}))
        await socket.send("no json")
        async for text in socket:
            frames.append(json.loads(text))
            if frames[-1]["event"] == "mark":
                marked.set()

    async with serve(take, "127.0.0.1", 0) as server, wired(rate=10) as sim:
        port = next(iter(server.sockets)).getsockname()[1]
        leg = await sim.answered(TALKER)
        url = f"ws://127.0.0.1:{port}/media"
        await sim.command(leg, "streaming_start", stream_url=url, stream_track="both_tracks")
        assert (await sim.hooks.first("streaming.started"))["stream_url"] == url
        async with asyncio.timeout(5):
            await marked.wait()
        await sim.command(leg, "hangup")
        await sim.hooks.first("streaming.stopped")
    kinds = [frame["event"] for frame in frames]
    assert kinds[:2] == ["connected", "start"]
    assert kinds[-1] == "stop"
    start = frames[1]["start"]
    assert start["media_format"] == {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}
    media = [frame["media"] for frame in frames if frame["event"] == "media"]
    assert {one["track"] for one in media} == {"inbound", "outbound"}
    assert all(
        isinstance(one["chunk"], str) and len(base64.b64decode(one["payload"])) == FRAME for one in media
    )
    assert any(
        base64.b64decode(one["payload"]) != b"\xff" * FRAME for one in media if one["track"] == "inbound"
    )
    assert [frame["payload"]["code"] for frame in frames if frame["event"] == "error"] == [100003]


async def test_a_stream_that_cannot_connect_fails_and_the_call_lives() -> None:
    async with wired(rate=20) as sim:
        leg = await sim.answered(TALKER)
        await sim.command(leg, "streaming_start", stream_url="ws://127.0.0.1:9/none")
        failed = await sim.hooks.first("streaming.failed")
        assert failed["stream_params"] == {"stream_url": "ws://127.0.0.1:9/none", "track": "inbound_track"}
        assert (await sim.say(leg, "Hello.")).status_code == 200
