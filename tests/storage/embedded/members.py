"""Members of a stack as processes, and what of a stack runs as the process table tells it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from storage.embedded.lock import is_held
from storage.embedded.process import ProcessMark
from storage.embedded.stack import Stack
from storage.embedded.store import ALL
from storage.urls import StoreUrls

ROOT = Path(__file__).parents[3]
MEMBER = Path(__file__).with_name("stack_member.py")


@dataclass
class Runner:
    """Who runs a member, and with which Python."""

    command: list[str] = field(default_factory=lambda: [sys.executable])
    options: dict[str, Any] = field(default_factory=dict)


class Member:
    """One process that has joined; `error` instead of `urls` when it could not."""

    def __init__(self, folder: Path, stores: tuple[str, ...] = ALL, runner: Runner | None = None) -> None:
        who = runner or Runner()
        command = [*who.command, str(MEMBER), str(folder), *stores]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **who.options
        )

    def joined(self) -> "Member":
        """Wait until it has joined or failed."""
        answer = self._answer()
        self.error = answer.get("error", "")
        self.urls = StoreUrls(**answer.get("urls", {}))
        return self

    def do(self, *words: str) -> None:
        """Call a method of its stack and wait for the end of it."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        assert self._answer()["done"] == words[0]

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it, alive or not."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the member ended with status {self.process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        return answer


def processes_of(folder: Path) -> list[psutil.Process]:
    """The keeper, the servers and the probes of a stack: whatever names its folder."""
    return [process for process in psutil.process_iter() if _serves(process, str(folder))]


def _serves(process: psutil.Process, folder: str) -> bool:
    try:
        words = process.cmdline()
        ours = any(folder in word for word in words) and str(MEMBER) not in words
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def gone_within(folder: Path, seconds: float) -> list[psutil.Process]:
    """Wait until nothing runs on the folder; what still does after that long, killed."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) or is_held(folder / "keeper.lock"):
        if time.monotonic() > deadline:
            for process in left:
                process.kill()
            return left
        time.sleep(0.1)
    return []


def keeper_pid(folder: Path) -> int:
    """Of a running stack."""
    pid = Stack.status(folder).keeper_pid
    assert pid is not None
    return pid


def pids(folder: Path) -> dict[str, int | None]:
    """Each server's process."""
    return {server.store: server.pid for server in Stack.status(folder).servers}


def kill_keeper(folder: Path) -> int:
    """Kill -9 and wait for its end; the pid that it had."""
    mark = ProcessMark.of(keeper_pid(folder))
    assert mark is not None
    assert mark.signal(signal.SIGKILL)
    assert mark.wait_gone(10)
    return mark.pid


def eventually(condition: Callable[[], Any], seconds: float, what: str) -> float:
    """Wait for something that another process does; the seconds that it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - begin
