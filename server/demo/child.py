"""A process of the demo: started with its output in a log file, killed or stopped, never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import psutil

from storage.embedded.process import dies_with_parent

GRACE_S = 12.0
LAST_WORDS = 2000  # characters of what a process wrote that are worth showing


class ChildFailed(Exception):
    """A process ended before it was ready, or with a failure; the message ends with what it wrote last."""


async def output_of(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What `python -m module` writes on standard output. Raises ChildFailed unless it ends well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        last = errors.decode(errors="replace")[-LAST_WORDS:]
        raise ChildFailed(f"{module} {' '.join(arguments)} ended with status {process.returncode}:\n{last}")
    return out.decode()


class Child:
    """`python -m` with these arguments. Its log keeps all lives of the process."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name, self.log = name, log
        self._arguments, self._environment = list(arguments), {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def cpu_s(self) -> float:
        """Seconds of processor that it has used so far, all threads; nothing for one that is not running."""
        if self.pid is None:
            return 0.0
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._arguments,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    async def first_line(self, timeout: float = 60.0) -> bytes:
        """The first line on its standard output, by which some say that they are ready."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), timeout)
        if not line:
            await self._process.wait()
            raise self.failed()
        return line

    async def lines(self) -> AsyncIterator[bytes]:
        """What it writes on standard output, whole lines, until it ends."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.endswith(b"\n"):
                yield line

    async def ended(self) -> int:
        """Its status once it has ended; negative for a signal."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """kill -9, and gone when it returns."""
        if self._process is not None and self.alive:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and kill -9 where that is not heeded."""
        if self._process is None or not self.alive:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), GRACE_S)
        except TimeoutError:
            await self.kill()

    def failed(self) -> ChildFailed:
        status = self._process.returncode if self._process is not None else None
        last = self.log.read_text(errors="replace")[-LAST_WORDS:] if self.log.exists() else ""
        return ChildFailed(f"{self.name} ended with status {status}:\n{last}")
