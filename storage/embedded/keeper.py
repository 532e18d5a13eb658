"""`python -m storage.embedded.keeper FOLDER DESCRIPTOR`: starts, watches and stops the servers.

It is nobody's child and outlives whoever started it. It holds `keeper.lock`, handed over by descriptor, and
ends once it could have had `users.lock` alone for two seconds. It must start servers from its main thread.
"""

import os
import select
import signal
import sys
import time
from types import FrameType

from storage.embedded.folder import StackFolder, StackState
from storage.embedded.lock import FileLock
from storage.embedded.process import ProcessMark
from storage.embedded.run import Phase, ServerRun
from storage.embedded.servers import SERVERS
from storage.embedded.store import Store

_LAST_USER_GONE_FOR_S = 2.0
_LOOK_EVERY_S = 0.5


class Keeper:
    """Woken by signals: SIGCHLD and SIGUSR1 to look again, SIGTERM and SIGINT to stop if nobody is there."""

    def __init__(self, folder: StackFolder) -> None:
        mark = ProcessMark.of(os.getpid())
        assert mark is not None
        self._mark = mark
        self._folder = folder
        self._runs: dict[Store, ServerRun] = {}
        self._users = FileLock.open(folder.users_lock)
        self._written: StackState | None = None
        self._idle_since: float | None = None
        self._hurry = False
        self._wakeup = _wakeup_pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._hurry = True

    def run(self) -> None:
        """Until the last user has gone."""
        self._clear_leftovers()
        self._ports = self._folder.ports()
        self._folder.passwords()
        while not self._is_over():
            self._step()
            self._sleep()
        self._stop_all()

    def _clear_leftovers(self) -> None:
        """Stop servers that outlived a keeper: a second Redis or Chroma starts happily on the same files."""
        state = self._folder.read_state()
        servers = state.servers.items() if state else ()
        marks = [(SERVERS[store], server.mark) for store, server in servers if server.mark is not None]
        for kind, mark in marks:
            mark.signal(kind.stop_signal)
        for kind, mark in marks:
            mark.stop(kind.stop_signal, kind.patience)

    def _step(self) -> None:
        away = self._folder.away()
        for store in self._folder.wanted() - self._runs.keys():
            self._runs[store] = ServerRun(self._folder, store, self._ports[store])
        for store, run in self._runs.items():
            before = run.state().mark
            run.step(store in away)
            if run.state().mark != before:
                self._write()
        self._write()

    def _write(self) -> None:
        state = StackState(self._mark, {store: run.state() for store, run in self._runs.items()})
        if state != self._written:
            self._folder.write_state(state)
            self._written = state

    def _sleep(self) -> None:
        due = min((run.due for run in self._runs.values()), default=float("inf"))
        timeout = min(_LOOK_EVERY_S, max(0.0, due - time.monotonic()))
        if select.select([self._wakeup], [], [], timeout)[0]:
            os.read(self._wakeup, 4096)

    def _is_over(self) -> bool:
        """True with `users.lock` taken alone and kept, so that nobody joins what is being stopped."""
        hurry, self._hurry = self._hurry, False
        if self._folder.held() or not self._users.try_exclusive():
            self._idle_since = None
            return False
        now = time.monotonic()
        self._idle_since = self._idle_since or now
        if hurry or now - self._idle_since >= _LAST_USER_GONE_FOR_S:
            return True
        self._users.release()
        return False

    def _stop_all(self) -> None:
        for run in self._runs.values():
            run.stop()
        while any(run.phase is not Phase.AWAY for run in self._runs.values()):
            self._sleep()
            for run in self._runs.values():
                run.step(away=True)
        self._write()
        self._folder.forget_wanted()


def _wakeup_pipe() -> int:
    """The reading end of a pipe that every signal writes to."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, lambda _number, _frame: None)
    return reading


def _detach() -> None:
    """Become init's child: a starter that lives on would otherwise be left with a zombie to reap."""
    if os.fork():
        os._exit(0)


def main(path: str, descriptor: str) -> None:
    """Keep the stack of this folder; the descriptor holds the lock until the process ends."""
    os.set_inheritable(int(descriptor), False)
    _detach()
    print(f"keeper {os.getpid()} begins", flush=True)
    Keeper(StackFolder(path)).run()
    print(f"keeper {os.getpid()} ends", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
