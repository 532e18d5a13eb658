"""The folder of one stack: every file by which its users and its keeper speak to each other.

Files are replaced whole, so that a reader never sees half of one; those with passwords are 0600.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from storage.embedded.errors import StackError
from storage.embedded.ports import free_port, is_free
from storage.embedded.process import ProcessMark, boot_id
from storage.embedded.server import Server
from storage.embedded.servers import SERVERS
from storage.embedded.store import ALL, Store


def stack_folder(data: Path) -> Path:
    """Where below the data folder the servers keep their files."""
    return data / "stack"


@dataclass(frozen=True)
class ServerState:
    """What the keeper says of one server."""

    phase: str
    port: int
    mark: ProcessMark | None = None
    restarts: int = 0
    error: str = ""

    @property
    def ready(self) -> bool:
        """Whether it answered a query and that very process still runs."""
        return self.phase == "ready" and self.mark is not None and self.mark.alive()


@dataclass(frozen=True)
class StackState:
    """What the keeper says of all; `keeper` may be dead by now."""

    keeper: ProcessMark
    servers: dict[Store, ServerState]


class StackFolder:
    """Names and forms of the files, nothing of when they are written."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        self.users_lock = self.path / "users.lock"
        self.keeper_lock = self.path / "keeper.lock"
        self.log = self.path / "logs" / "keeper.log"
        self._state = self.path / "state.json"
        self._passwords = self.path / "passwords.json"
        self._ports = self.path / "ports.json"
        self._hold = self.path / "hold.json"
        self._wanted = self.path / "wanted"
        self._away = self.path / "away"

    def create(self) -> None:
        """Make what is missing of the folder; StackError says why it cannot be used."""
        try:
            self._make_parents()
            for inner in (self.path / "logs", self._wanted, self._away):
                inner.mkdir(mode=0o700, exist_ok=True)
        except OSError as reason:
            raise StackError(f"the stack's folder {self.path} cannot be used: {reason.strerror}") from reason
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise StackError(f"the stack's folder {self.path} cannot be used: it is not writable")
        if self._state.exists() and self._state.stat().st_uid != os.geteuid():
            owner = self._state.stat().st_uid
            raise StackError(f"the stack's folder {self.path} is used by the user with id {owner}")

    def _make_parents(self) -> None:
        """Folders made here are open to be passed through when root made them: Postgres runs as `nobody`."""
        mode = 0o711 if os.geteuid() == 0 else 0o700
        for folder in reversed((self.path, *self.path.parents)):
            if folder.exists():
                continue
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)

    def log_of(self, store: Store) -> Path:
        """Where the server writes what it has to say."""
        return self.path / "logs" / f"{store}.log"

    def read_state(self) -> StackState | None:
        """The keeper's last word; None when there was never one."""
        raw = self._read(self._state)
        if raw is None:
            return None
        servers = {Store(name): _server_state(entry) for name, entry in raw["servers"].items()}
        return StackState(ProcessMark(**raw["keeper"]), servers)

    def write_state(self, state: StackState) -> None:
        """The keeper alone may call this."""
        self._write(self._state, asdict(state))

    def passwords(self) -> dict[Store, str]:
        """One password a store, made the first time; the keeper alone may call this first."""
        known = self._read(self._passwords) or {}
        missing = [store for store in ALL if store not in known]
        if missing:
            known |= {str(store): secrets.token_urlsafe(24).replace("-", "_") for store in missing}
            self._write(self._passwords, known)
        return {Store(name): password for name, password in known.items()}

    def ports(self) -> dict[Store, int]:
        """The ports of last time, others where those are taken; for the keeper, before any server runs."""
        known = {Store(name): port for name, port in (self._read(self._ports) or {}).items()}
        ports = {store: port for store, port in known.items() if is_free(port)}
        for store in ALL:
            ports.setdefault(store, free_port(set(ports.values())))
        if ports != known:
            self._write(self._ports, ports)
        return ports

    def move(self, store: Store) -> int:
        """Another port for a server whose own was taken before it first listened."""
        ports = {Store(name): port for name, port in (self._read(self._ports) or {}).items()}
        ports[store] = free_port(set(ports.values()))
        self._write(self._ports, ports)
        return ports[store]

    def server(self, store: Store, port: int) -> Server:
        """The server of one store; its password must have been made."""
        return SERVERS[store](self.path / store, port, self.passwords()[store])

    def want(self, stores: tuple[Store, ...]) -> None:
        """Ask the keeper to run these besides those it runs."""
        for store in stores:
            (self._wanted / store).touch(mode=0o600)

    def wanted(self) -> set[Store]:
        """What users asked for."""
        return {store for store in ALL if (self._wanted / store).exists()}

    def forget_wanted(self) -> None:
        """The last user is gone."""
        for store in ALL:
            (self._wanted / store).unlink(missing_ok=True)

    def send_away(self, store: Store) -> None:
        """Ask the keeper to stop one server, until it is called back or this process ends."""
        self._write(self._away / store, asdict(_mark_of_this_process()))

    def call_back(self, store: Store) -> None:
        """Ask the keeper to start it again."""
        (self._away / store).unlink(missing_ok=True)

    def away(self) -> set[Store]:
        """The servers that living processes want stopped."""
        marks = {store: self._read(self._away / store) for store in ALL}
        return {store for store, mark in marks.items() if mark is not None and ProcessMark(**mark).alive()}

    def hold(self) -> None:
        """Keep the stack running without users, until `let_go` or the end of this boot."""
        self._write(self._hold, {"boot": boot_id()})

    def let_go(self) -> None:
        """Let it stop with its last user."""
        self._hold.unlink(missing_ok=True)

    def held(self) -> bool:
        """Whether it is to keep running without users."""
        return (self._read(self._hold) or {}).get("boot") == boot_id()

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        return found

    def _write(self, path: Path, content: Any) -> None:
        # Not in the folder of the file: what lies in `away` and `wanted` is taken at its name.
        part = self.path / f".{path.name}.{secrets.token_hex(4)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(descriptor)
        part.replace(path)


def _server_state(entry: dict[str, Any]) -> ServerState:
    mark = entry.pop("mark")
    return ServerState(mark=ProcessMark(**mark) if mark else None, **entry)


def _mark_of_this_process() -> ProcessMark:
    mark = ProcessMark.of(os.getpid())
    if mark is None:
        raise StackError("this process cannot be found in the process table: is /proc mounted?")
    return mark
