"""Stack, simulated Telnyx, servers and worker, on free loopback ports and one clock: what a demo and the tests
of survival live in.
"""

import asyncio
import json
import secrets
import socket
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx

from server.clock import Clock
from server.demo.child import Child
from storage import postgres
from storage.embedded.stack import Stack
from storage.postgres import Pool
from storage.urls import StoreUrls

TUESDAY_TEN = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)  # ten o'clock in Los Angeles, one in New York
READY_S = 90.0
CONNECTION = "2811212257810187875"
AGENT_NUMBER = "+18005550199"
KEVIN = "+13125559500"


@dataclass(frozen=True)
class Options:
    """`rate`: how much faster than the wall business time runs. `settings`: further VOICELEARN_… of server and
    worker. `stack`: the embedded stack's folder, where worlds share one; `database`: an existing one of its Postgres.
    """

    folder: Path
    rate: float = 20.0
    seed: int = 1
    epoch: datetime = TUESDAY_TEN
    record: Path | None = None
    servers: int = 1
    worker: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    knobs: dict[str, Any] = field(default_factory=dict)
    stack: Path | None = None
    database: str = ""


class World:
    """An async context manager: on entry everything is ready, on exit nothing is left running."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.token, self._key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.clock = Clock(time.time(), options.epoch, options.rate)
        self._closing = AsyncExitStack()
        self.stack: Stack
        self.urls: StoreUrls
        self.pool: Pool
        self.simulator: Child
        self.servers: list[Child] = []
        self.worker: Child
        self.api: httpx.AsyncClient
        self.sim: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._closing.aclose()

    async def _begin(self) -> None:
        options = self.options
        options.folder.mkdir(parents=True, exist_ok=True)
        self.stack = await asyncio.to_thread(Stack.join, options.stack or options.folder / "stack")
        self._closing.push_async_callback(asyncio.to_thread, self.stack.leave, True)
        self.urls = _of_database(self.stack.urls, options.database)
        ports = free_ports(options.servers)
        key = await self._start_simulator(ports[0])
        self._ports, self._public_key = ports, key
        self.servers = [
            self._child(f"serve-{n}", ["serve", "--port", str(port)]) for n, port in enumerate(ports)
        ]
        self.worker = self._child("worker", ["worker"])
        self.api = self._client(f"http://127.0.0.1:{ports[0]}", self.token)
        # One process migrates and makes the model before the others find both there.
        await self.start_server(0)
        self.pool = await postgres.connect(self.urls.postgres, max_size=4)
        self._closing.push_async_callback(self.pool.close)
        rest = [self.start_server(n) for n in range(1, options.servers)]
        await asyncio.gather(*rest, *([self.worker.start()] if options.worker else []))

    async def start_server(self, n: int = 0) -> None:
        """Starts server `n` (again), and returns when it answers."""
        await self.servers[n].start()
        await self._ready(self.servers[n], f"http://127.0.0.1:{self._ports[n]}/readyz")

    async def wait(self, seconds: float) -> None:
        """Until `seconds` of business time are over."""
        await self.clock.sleep(seconds)

    async def report(self) -> dict[str, Any]:
        """What the simulator sent and saw."""
        return _json(await self.sim.get("/sim/report", timeout=60))

    async def metrics(self) -> dict[str, Any]:
        return _json(await self.sim.get("/sim/metrics"))

    async def turn(self, **knobs: Any) -> None:
        """Sets knobs of the simulator."""
        _json(await self.sim.post("/sim/knobs", json=knobs))

    async def _start_simulator(self, server_port: int) -> str:
        """Its public key, once it listens."""
        module, *more = self._simulator_command(server_port)
        arguments = [module, "--seed", str(self.options.seed), *more]
        arguments += ["--signing-key-file", str(self.options.folder / "telnyx.key")]
        arguments += ["--clock-origin", repr(self.clock.origin), "--clock-rate", repr(self.clock.rate)]
        arguments += ["--clock-epoch", repr(self.clock.epoch.timestamp())]
        self.simulator = Child("simulator", arguments, {}, self.options.folder / "simulator.log")
        self._closing.push_async_callback(self.simulator.stop)
        await self.simulator.start()
        ready = json.loads(await self.simulator.first_line())
        self._sim_url = f"http://127.0.0.1:{ready['port']}"
        self.sim = self._client(self._sim_url, self._key)
        return str(ready["public_key"])

    def _simulator_command(self, server_port: int) -> list[str]:
        """Module and arguments besides key, clock and seed of what is Telnyx in this world."""
        options, hook = self.options, f"http://127.0.0.1:{server_port}/webhooks/telnyx"
        command = ["load.telnyx_sim", f"--api-key={self._key}", "--webhook-url", hook]
        if options.record is not None:
            command += ["--record", str(options.record)]
        if options.knobs:
            command += ["--knobs", json.dumps(options.knobs)]
        return command

    def _child(self, name: str, arguments: list[str]) -> Child:
        log = self.options.folder / f"{name}.log"
        child = Child(name, ["server", *arguments], self.environment(), log)
        self._closing.push_async_callback(child.stop)
        return child

    def environment(self) -> dict[str, str]:
        """The settings of every process of ours."""
        ours: dict[str, object] = {
            "data": self.options.folder,
            **{f"{store}_url": url for store, url in self.urls.model_dump().items()},
            "telnyx_base_url": f"{self._sim_url}/v2",
            "telnyx_api_key": self._key,
            "telnyx_public_key": self._public_key,
            "telnyx_connection_id": CONNECTION,
            "from_number": AGENT_NUMBER,
            "callback_number": AGENT_NUMBER,
            "business": "Northway Mentoring",
            "video_url": "https://example.com/video",
            "api_token": self.token,
            "clock_origin": repr(self.clock.origin),
            "clock_epoch": self.clock.epoch.isoformat(),
            "clock_rate": repr(self.clock.rate),
            "seed": self.options.seed,
            **self.options.settings,
        }
        return {f"VOICELEARN_{name.upper()}": str(value) for name, value in ours.items()}

    def _client(self, base: str, token: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=15)
        self._closing.push_async_callback(client.aclose)
        return client

    async def _ready(self, child: Child, url: str, status: int = 200) -> None:
        """Waits until it answers with this status."""
        deadline = time.monotonic() + READY_S
        async with httpx.AsyncClient(timeout=5) as client:
            while time.monotonic() < deadline:
                if not child.alive:
                    raise child.failed()
                try:
                    if (await client.get(url)).status_code == status:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise TimeoutError(f"{child.name} was not ready within {READY_S:.0f} s; see {child.log}")


def weekday(n: int) -> datetime:
    """Ten o'clock on the n-th weekday of the demo's calendar, from 0."""
    return TUESDAY_TEN + timedelta(days=n // 4 * 7 + n % 4)


def _of_database(urls: StoreUrls, name: str) -> StoreUrls:
    if not name:
        return urls
    return urls.model_copy(update={"postgres": urlunsplit(urlsplit(urls.postgres)._replace(path=f"/{name}"))})


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _json(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found
