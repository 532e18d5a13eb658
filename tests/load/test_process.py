"""The simulator as its own process: the command line, the ready line, records on disk, a clean end."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import httpx
from nacl.signing import SigningKey

from load.wire import Wire
from tests.load.wired import CONNECTION, US


async def _ready(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return json.loads(await process.stdout.readline())


async def _lines(path: Path, count: int) -> None:
    for _ in range(500):
        if len(path.read_text().splitlines()) >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path.name} has fewer than {count} lines")


async def test_a_process_with_records(tmp_path: Path) -> None:
    key = tmp_path / "key"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "load.telnyx_sim", "--port", "0", "--webhook-url", "http://127.0.0.1:9/hook"),
        *("--api-key", "K", "--signing-key-file", str(key), "--clock-origin", str(time.time())),
        *(
            "--clock-epoch",
            "1800000000",
            "--clock-rate",
            "100",
            "--seed",
            "3",
            "--record",
            str(tmp_path / "wire"),
        ),
        *("--closer-numbers", US, "--knobs", '{"delay": 0.1}'),
        stdout=asyncio.subprocess.PIPE,
    )
    ready = await _ready(process)
    assert len(key.read_bytes()) == 32
    assert SigningKey(key.read_bytes()).verify_key.encode() != b""
    base = f"http://127.0.0.1:{ready['port']}"
    headers = {"authorization": "Bearer K"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=10) as client:
        assert (await client.get("/sim/public_key")).json() == {"public_key": ready["public_key"]}
        body = {"to": "+12145556042", "from": US, "connection_id": CONNECTION}
        assert (await client.post("/v2/calls", json=body)).status_code == 200
        # Nobody listens for its webhooks: the journal on disk tells when the second one was tried.
        await _lines(tmp_path / "wire" / "webhooks.jsonl", 2)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        assert await process.wait() == 0
    commands = [json.loads(line) for line in (tmp_path / "wire" / "commands.jsonl").read_text().splitlines()]
    assert (commands[0]["method"], commands[0]["path"], commands[0]["status"]) == ("POST", "/v2/calls", 200)
    assert commands[0]["headers"]["authorization"] == "Bearer [redacted]"
    webhooks = [json.loads(line) for line in (tmp_path / "wire" / "webhooks.jsonl").read_text().splitlines()]
    assert webhooks[0]["status"] is None
    assert json.loads(webhooks[0]["body"])["data"]["event_type"] == "call.initiated"
    assert webhooks[0]["time"].startswith("2027-01-15T08:0")


async def test_a_bad_knob_is_named_and_nothing_starts(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "load.telnyx_sim", "--webhook-url", "http://127.0.0.1:9", "--api-key", "K"),
        *("--signing-key-file", str(tmp_path / "key"), "--knobs", '{"loudness": 11}'),
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"no such knob: loudness" in stderr


async def test_the_wire_reads_plain_and_chunked_answers_and_keeps_its_connection() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        answers = [
            b"HTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
        ]
        for answer in answers:
            await reader.readuntil(b"\r\n\r\nbody")
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x?y=1"
    wire = Wire()
    statuses = [await wire.post(url, {"a": "b"}, b"body", 2.0) for _ in range(4)]
    assert statuses == [204, 200, 503, 204]
    assert connections == 2
    wire.close()
    server.close()
