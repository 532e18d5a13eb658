"""The Chroma server: one process that owns the files, since several would corrupt them.

It has no authentication of its own, so it must never listen anywhere but on loopback.
"""

import shutil
import signal
import sys
from typing import Any

from storage.embedded.binaries import package_folder
from storage.embedded.errors import StackError
from storage.embedded.server import Server
from storage.embedded.store import Store

_RUN = "import chromadb_rust_bindings as chroma, sys; chroma.cli(['chroma', *sys.argv[1:]])"


class Chroma(Server):
    """The Rust server of the wheel, without the Python client around it."""

    store = Store.VECTORS
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        place = ["run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        if package_folder("chromadb_rust_bindings") is not None:
            return [sys.executable, "-P", "-c", _RUN, *place]
        found = shutil.which("chroma")
        if found is None:
            raise StackError(
                "no Chroma found: install the package chromadb, put chroma on PATH, "
                "or name a running server in VOICELEARN_VECTORS_URL"
            )
        return [found, *place]

    def options(self) -> dict[str, Any]:
        return {"cwd": self.folder}

    async def ask(self) -> None:
        import httpx

        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            answer = await client.get(f"{self.url}/api/v2/tenants/default_tenant/databases/default_database")
            answer.raise_for_status()
