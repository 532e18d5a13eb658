"""A process told apart from a later one that was given the same pid.

A pid alone must never be signalled: pids come round again, also after a reboot.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform == "linux"


@cache
def boot_id() -> str:
    """Another string after each boot of the machine."""
    if _LINUX:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    import psutil

    return f"{psutil.boot_time():.0f}"


def _started(pid: int) -> str | None:
    """When this process began, in the machine's own ticks; None when it is dead or a zombie."""
    if not _LINUX:
        return _started_by_psutil(pid)
    try:
        # The command, in brackets, may itself hold spaces and brackets: fields count from the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def _started_by_psutil(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


@dataclass(frozen=True)
class ProcessMark:
    """One process of one boot."""

    pid: int
    started: str
    boot: str

    @classmethod
    def of(cls, pid: int) -> "ProcessMark | None":
        """The process that has this pid now; None when there is none."""
        started = _started(pid)
        return cls(pid, started, boot_id()) if started is not None else None

    def alive(self) -> bool:
        """Whether that very process still runs."""
        return self.boot == boot_id() and _started(self.pid) == self.started

    def signal(self, number: int) -> bool:
        """Send a signal; False when the process is gone."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_gone(self, timeout: float) -> bool:
        """Block until the process is gone, `timeout` seconds at most; whether it is."""
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, number: int, patience: float) -> None:
        """End the process: the signal, `patience` seconds, then kill -9."""
        if self.signal(number) and not self.wait_gone(patience):
            self.signal(signal.SIGKILL)
            self.wait_gone(5)


def dies_with_parent(number: int) -> Callable[[], None]:
    """What a child runs before exec so that it gets this signal when the thread that began it ends.

    Linux only; elsewhere the next keeper finds the orphans by their marks.
    """
    libc = ctypes.CDLL(None) if _LINUX else None
    parent = os.getpid()

    def before_exec() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec
