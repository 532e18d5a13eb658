"""A world whose Telnyx is the load generator: real stores and a real server, its commands taken by a sink."""

from typing import Any

from server.bench import bare
from server.demo.child import Child
from server.demo.world import Options, World

WEBHOOKS = "/webhooks/telnyx"


class LoadWorld(World):
    """On entry the server is ready; `bare` is not, until it is started."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.bare: Child
        self._bare_url = ""

    async def start_bare(self, port: int) -> None:
        """Starts the server that only verifies and acknowledges."""
        environment = {bare.PUBLIC_KEY: self._public_key}
        self.bare = Child("bare", bare.command(port), environment, self.options.folder / "bare.log")
        self._closing.push_async_callback(self.bare.stop)
        self._bare_url = f"http://127.0.0.1:{port}"
        await self.bare.start()
        await self._ready(self.bare, self._bare_url, status=404)

    async def run(self, **plan: Any) -> dict[str, Any]:
        """One stretch of load on our server; see `load.webhook_load`."""
        api = str(self.api.base_url)
        return await self._measured({"url": api + WEBHOOKS, "api": api, "token": self.token} | plan)

    async def run_bare(self, **plan: Any) -> dict[str, Any]:
        """The events of the last stretch again, to the bare server."""
        return await self._measured({"url": self._bare_url + WEBHOOKS} | plan)

    async def acknowledged(self) -> list[str]:
        """Ids of the events of the last stretch on our server that were acknowledged."""
        ids: list[str] = (await self.sim.get("/load/acknowledged", timeout=60)).json()
        return ids

    async def _measured(self, plan: dict[str, Any]) -> dict[str, Any]:
        response = await self.sim.post("/load/run", json=plan, timeout=plan["seconds"] + 120)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    def _simulator_command(self, server_port: int) -> list[str]:
        """The generator, in the simulator's place."""
        return ["load.webhook_load"]
