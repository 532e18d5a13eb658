"""Joining the stack of a folder: it runs while somebody uses it, whoever started it.

A user is a shared lock, so one that dies by kill -9 has left. Whatever is asked of the servers goes through
files that the keeper reads; no user ever starts or stops a server by itself.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.embedded.errors import StackError
from storage.embedded.folder import ServerState, StackFolder
from storage.embedded.launch import start_keeper
from storage.embedded.lock import FileLock, is_held
from storage.embedded.status import StackStatus, status_of
from storage.embedded.store import ALL, Store, named
from storage.urls import StoreUrls

_POLL_S = 0.02
_LOOK_EVERY_S = 0.5
_START_S = 90.0
_KEEPERS_TRIED = 3


class Stack:
    """One user of the stack; the user's process counts as long as it lives or until `leave`."""

    def __init__(self, folder: StackFolder, stores: tuple[Store, ...], users: FileLock) -> None:
        self.stores = stores
        self._folder = folder
        self._users: FileLock | None = users
        self._urls = StoreUrls()
        self._left = threading.Event()
        self._watch = threading.Thread(target=self._revive, name="stack-watch", daemon=True)

    @classmethod
    def join(cls, folder: Path | str, stores: Iterable[str] = ALL, timeout: float = _START_S) -> Self:
        """Start the stack of this folder or join it; returns when every one of `stores` has answered a query.

        Blocks, up to `timeout` seconds. StackError says what is missing, closed or failing.
        """
        place, chosen = StackFolder(folder), named(stores)
        place.create()
        deadline = time.monotonic() + timeout
        stack = cls(place, chosen, _shared_lock(place, deadline))
        try:
            stack._begin(deadline)
        except BaseException:
            stack.leave()
            raise
        return stack

    @property
    def path(self) -> Path:
        """The stack's folder."""
        return self._folder.path

    @property
    def urls(self) -> StoreUrls:
        """Where the stores are; the same at the next start, unless another program took a port meanwhile."""
        return self._urls

    def leave(self, wait: bool = False) -> None:
        """Stop being a user. With `wait`, and nobody else there, it returns when the servers have stopped."""
        self._left.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._users is not None:
            self._users.close()
            self._users = None
        if wait:
            _stop_if_unused(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def pause(self, store: str, timeout: float = 30.0) -> None:
        """Stop one server for all its users and keep it so until `resume` or the end of this process."""
        (one,) = named([store])
        self._folder.send_away(one)
        self._wake_keeper()
        self._wait_for(lambda: _is(self._state(one), "away"), f"{one} to stop", timeout)

    def resume(self, store: str, timeout: float = _START_S) -> None:
        """Start it again on its port and its data; returns when it answers."""
        (one,) = named([store])
        self._folder.call_back(one)
        self._wake_keeper()
        self.wait_ready(one, timeout)

    @contextmanager
    def away(self, store: str) -> Iterator[None]:
        """`pause`, and `resume` whatever happens inside."""
        self.pause(store)
        try:
            yield
        finally:
            self.resume(store)

    def kill(self, store: str) -> None:
        """Kill -9 one server; the keeper brings it back (`wait_ready`). StackError when it does not run."""
        (one,) = named([store])
        state = self._state(one)
        if state is None or state.mark is None or not state.mark.signal(signal.SIGKILL):
            raise StackError(f"{one} does not run")
        state.mark.wait_gone(10)

    def wait_ready(self, store: str, timeout: float = _START_S) -> None:
        """Block until one server answers; StackError after `timeout` seconds."""
        (one,) = named([store])
        self._wait_for(lambda: _answers(self._state(one)), f"{one} to answer", timeout)

    @classmethod
    def up(cls, folder: Path | str, stores: Iterable[str] = ALL) -> StoreUrls:
        """Start the stack and keep it running without users, until `down` or the machine's next boot."""
        with cls.join(folder, stores) as stack:
            stack._folder.hold()
            return stack.urls

    @staticmethod
    def down(folder: Path | str) -> bool:
        """End what `up` began. True when the servers have stopped, False when somebody still uses them."""
        place = StackFolder(folder)
        place.let_go()
        return not is_held(place.keeper_lock) or _stop_if_unused(place)

    @staticmethod
    def status(folder: Path | str) -> StackStatus:
        """What runs, without joining or starting anything."""
        return status_of(StackFolder(folder))

    @staticmethod
    def urls_of(folder: Path | str) -> StoreUrls:
        """The URLs of what the folder's keeper runs or last ran, passwords included, without joining."""
        return _urls(StackFolder(folder), ALL)

    def _begin(self, deadline: float) -> None:
        self._folder.want(self.stores)
        self._await_servers(deadline)
        self._urls = _urls(self._folder, self.stores)
        self._watch.start()

    def _await_servers(self, deadline: float) -> None:
        started = 0
        self._wake_keeper()
        while not self._all_there():
            if start_keeper(self._folder):
                started += 1
            if started > _KEEPERS_TRIED:
                raise StackError(f"the stack's keeper ends again and again: see {self._folder.log}")
            if time.monotonic() > deadline:
                raise StackError(f"{self._late()} did not answer in time: see {self._folder.log.parent}")
            time.sleep(_POLL_S)

    def _all_there(self) -> bool:
        states = [self._state(store) for store in self.stores]
        for store, state in zip(self.stores, states, strict=True):
            if state is not None and state.phase == "failed":
                raise StackError(f"{store} cannot be started: {state.error}")
        return all(_answers(state) or _is(state, "away") for state in states)

    def _late(self) -> str:
        late = [store for store in self.stores if not _answers(self._state(store))]
        return f"{', '.join(late) or 'the keeper'} of the stack in {self._folder.path}"

    def _state(self, store: Store) -> ServerState | None:
        """What a living keeper says of it."""
        state = self._folder.read_state()
        return state.servers.get(store) if state is not None and state.keeper.alive() else None

    def _wait_for(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise StackError(f"waited {timeout:g} s for {what}: see {self._folder.path / 'logs'}")
            time.sleep(_POLL_S)

    def _wake_keeper(self) -> None:
        _signal_keeper(self._folder, signal.SIGUSR1)

    def _revive(self) -> None:
        """A keeper that was killed is replaced by one of its users, on the same ports."""
        while not self._left.wait(_LOOK_EVERY_S):
            # A folder that was deleted under us, or a full table of processes: the next look may do better.
            with suppress(OSError, StackError):
                start_keeper(self._folder)


def _urls(folder: StackFolder, stores: tuple[Store, ...]) -> StoreUrls:
    state = folder.read_state()
    known = state.servers if state is not None else {}
    ports = {store: known[store].port for store in stores if store in known}
    return StoreUrls(**{store: folder.server(store, port).url for store, port in ports.items()})


def _answers(state: ServerState | None) -> bool:
    return state is not None and state.ready


def _is(state: ServerState | None, phase: str) -> bool:
    return state is not None and state.phase == phase


def _shared_lock(folder: StackFolder, deadline: float) -> FileLock:
    """The keeper holds the lock alone for an instant now and then, and while it stops the servers."""
    try:
        lock = FileLock.open(folder.users_lock)
    except OSError as reason:
        raise StackError(f"the stack's folder {folder.path} cannot be used: {reason.strerror}") from reason
    while not lock.try_shared():
        if time.monotonic() > deadline:
            lock.close()
            raise StackError(
                f"the stack in {folder.path} is being stopped and does not end: see {folder.log}"
            )
        time.sleep(_POLL_S)
    return lock


def _signal_keeper(folder: StackFolder, number: int) -> bool:
    state = folder.read_state()
    return state is not None and state.keeper.pid != os.getpid() and state.keeper.signal(number)


def _stop_if_unused(folder: StackFolder) -> bool:
    """Hurry the keeper's end and wait for it; False when somebody is still there."""
    while is_held(folder.keeper_lock):
        if folder.held() or _is_used(folder):
            return False
        _signal_keeper(folder, signal.SIGTERM)
        time.sleep(_POLL_S)
    return True


def _is_used(folder: StackFolder) -> bool:
    """Whether a user holds the shared lock; the keeper's own hold, alone, is its stopping and not a use."""
    lock = FileLock.open(folder.users_lock)
    try:
        if lock.try_exclusive():
            return False
        return lock.try_shared()
    finally:
        lock.close()
