"""What of a stack runs, seen from outside: nothing is started, joined or asked."""

import os
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

from storage.embedded.folder import ServerState, StackFolder
from storage.embedded.lock import is_held
from storage.embedded.store import ALL, Store


class ServerStatus(BaseModel):
    """One server; `memory_bytes` with its children (PSS where it can be read), `disk_bytes` of its folder."""

    model_config = ConfigDict(frozen=True)

    store: str
    phase: str
    ready: bool
    port: int
    pid: int | None
    restarts: int
    error: str
    memory_bytes: int
    disk_bytes: int


class StackStatus(BaseModel):
    """The whole stack: `held` when it runs without users, `users` the processes that hold its lock."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    running: bool
    held: bool
    keeper_pid: int | None
    users: list[int]
    servers: list[ServerStatus]


def status_of(folder: StackFolder) -> StackStatus:
    """Of a folder that may not exist: then nothing runs."""
    running = is_held(folder.keeper_lock)
    state = folder.read_state()
    known = state.servers if state is not None else {}
    servers = [_server_status(folder, store, known[store]) for store in ALL if store in known]
    keeper = state.keeper.pid if running and state is not None and state.keeper.alive() else None
    return StackStatus(
        folder=folder.path,
        running=running,
        held=folder.held(),
        keeper_pid=keeper,
        users=_holders(folder.users_lock),
        servers=servers,
    )


def _server_status(folder: StackFolder, store: Store, state: ServerState) -> ServerStatus:
    alive = state.mark is not None and state.mark.alive()
    pid = state.mark.pid if alive and state.mark is not None else None
    return ServerStatus(
        store=store,
        phase=state.phase if alive or state.phase in ("away", "failed", "waiting") else "gone",
        ready=state.ready,
        port=state.port,
        pid=pid,
        restarts=state.restarts,
        error=state.error,
        memory_bytes=_memory(pid) if pid is not None else 0,
        disk_bytes=_disk(folder.path / store),
    )


def _memory(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_share(member) for member in family)


def _share(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.Error:
        return 0


def _disk(folder: Path) -> int:
    """Bytes on the disk; files that go while we look do not count."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(root, name).lstat().st_blocks * 512
    return total


def _holders(lock: Path) -> list[int]:
    """The processes that share a lock, from the kernel's table; empty where there is none."""
    try:
        inode, table = lock.stat().st_ino, Path("/proc/locks").read_text()
    except OSError:
        return []
    rows = [line.split() for line in table.splitlines()]
    return sorted(
        int(row[4])
        for row in rows
        if row[1:2] == ["FLOCK"] and row[3] == "READ" and row[5].endswith(f":{inode}")
    )
