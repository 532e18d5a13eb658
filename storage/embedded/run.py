"""One server's life under the keeper: prepared, started, asked, watched, sent away and called back.

Every process is begun by the thread that calls `step`, which must be the keeper's main thread: a child's
parent-death signal fires when the thread that began it ends.
"""

import os
import signal
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import IO

from storage.embedded.errors import StackError
from storage.embedded.folder import ServerState, StackFolder
from storage.embedded.ports import is_free
from storage.embedded.process import ProcessMark, dies_with_parent
from storage.embedded.store import Store

_GIVE_UP_AFTER = 5
_LONGEST_PAUSE_S = 5.0
_LARGEST_LOG = 10 << 20


class Phase(StrEnum):
    """Where a server is in its life."""

    WAITING = "waiting"
    PREPARING = "preparing"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    AWAY = "away"
    FAILED = "failed"


class ServerRun:
    """A server and its processes; `step` is called whenever something may have happened."""

    def __init__(self, folder: StackFolder, store: Store, port: int) -> None:
        self.store = store
        self.phase = Phase.WAITING
        self._folder = folder
        self._server = folder.server(store, port)
        self._process: subprocess.Popen[bytes] | None = None
        self._probe: subprocess.Popen[bytes] | None = None
        self._was_ready = False
        self._failures = 0
        self._restarts = 0
        self._not_before = 0.0
        self._kill_at = 0.0
        self._error = ""

    def state(self) -> ServerState:
        """What the folder says of it."""
        mark = ProcessMark.of(self._process.pid) if self._process is not None else None
        return ServerState(str(self.phase), self._server.port, mark, self._restarts, self._error)

    def step(self, away: bool) -> None:
        """Go on from where it is; `away` says that somebody wants it stopped."""
        if away and self.phase not in (Phase.STOPPING, Phase.AWAY):
            self.stop()
        if self.phase is Phase.STOPPING:
            self._watch_stopping()
        elif self.phase is Phase.AWAY and not away:
            self._wait(0.0)
        if self.phase in (Phase.WAITING, Phase.FAILED) and time.monotonic() >= self._not_before:
            self._begin()
        elif self.phase is Phase.PREPARING:
            self._watch_preparation()
        elif self.phase in (Phase.STARTING, Phase.READY):
            self._watch_server()

    def stop(self) -> None:
        """Ask the processes to end; `step` sees to it that they do."""
        self._end_probe()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self._server.stop_signal)
        self._kill_at = time.monotonic() + self._server.patience
        self.phase = Phase.STOPPING
        self._watch_stopping()

    @property
    def due(self) -> float:
        """The time (monotonic) of its next step if nothing happens before."""
        if self.phase in (Phase.WAITING, Phase.FAILED):
            return self._not_before
        return self._kill_at if self.phase is Phase.STOPPING else float("inf")

    def _wait(self, seconds: float) -> None:
        self.phase = Phase.WAITING
        self._not_before = time.monotonic() + seconds

    def _begin(self) -> None:
        try:
            self._server.settle()
            preparation = self._server.preparation()
            self._spawn(preparation or self._server.command(), signal.SIGKILL if preparation else None)
        except (StackError, OSError) as reason:
            self._failed(str(reason), for_good=True)
            return
        self.phase = Phase.PREPARING if preparation else Phase.STARTING
        if not preparation:
            self._ask()

    def _spawn(self, command: list[str], death_signal: int | None) -> None:
        with self._open_log() as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(death_signal or self._server.stop_signal),
                **self._server.options(),
            )

    def _open_log(self) -> IO[bytes]:
        path = self._folder.log_of(self.store)
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _ask(self) -> None:
        command = [sys.executable, "-P", "-m", "storage.embedded.probe", str(self._folder.path)]
        self._probe = subprocess.Popen(
            [*command, self.store, str(self._server.port)],
            stdin=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.kill()
            self._probe.wait()
            self._probe = None

    def _watch_preparation(self) -> None:
        assert self._process is not None
        code = self._process.poll()
        if code is None:
            return
        self._process = None
        if code != 0:
            self._failed(f"preparing {self.store} ended with status {code}")
            return
        self._server.prepared()
        self._begin()

    def _watch_server(self) -> None:
        assert self._process is not None
        code = self._process.poll()
        if code is not None:
            self._process = None
            self._failed(f"{self.store} ended with status {code}")
        elif self._probe is not None and self._probe.poll() is not None:
            self._heard(self._probe.returncode)

    def _heard(self, code: int) -> None:
        self._probe = None
        if code == 0:
            self.phase, self._was_ready, self._failures, self._error = Phase.READY, True, 0, ""
            return
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None
        self._failed(f"{self.store} runs but does not answer")

    def _failed(self, error: str, for_good: bool = False) -> None:
        """It is tried again, ever more slowly; `FAILED` tells those who wait for a first start to give up."""
        self._end_probe()
        self._failures += 1
        self._restarts += 1
        self._error = f"{error}{_tail(self._folder.log_of(self.store))}"
        print(f"{error}; failures in a row: {self._failures}", flush=True)
        self._wait(min(_LONGEST_PAUSE_S, 0.1 * 2 ** (self._failures - 1)))
        if not self._was_ready and (for_good or self._failures >= _GIVE_UP_AFTER):
            self.phase = Phase.FAILED
            self._not_before = time.monotonic() + _LONGEST_PAUSE_S
        if not self._was_ready and not is_free(self._server.port):
            self._server = self._folder.server(self.store, self._folder.move(self.store))

    def _watch_stopping(self) -> None:
        if self._process is not None and self._process.poll() is None:
            if time.monotonic() < self._kill_at:
                return
            self._process.kill()
            self._process.wait()
        self._process = None
        self.phase = Phase.AWAY


def _tail(log: Path, size: int = 1500) -> str:
    """The end of a server's log, for a person who has to find out why it does not start."""
    try:
        text = log.read_bytes()[-size:].decode(errors="replace").strip()
    except OSError:
        return ""
    return f"; the end of {log}:\n{text}" if text else ""
