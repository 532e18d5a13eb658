"""The five servers: they answer, refuse strangers, and come back on their ports with their data."""

import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from neo4j import AsyncGraphDatabase
from neo4j.exceptions import Neo4jError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from storage.embedded.errors import StackError
from storage.embedded.stack import Stack
from storage.embedded.store import ALL
from tests.storage.embedded.members import eventually, pids
from tests.storage.embedded.stack_clients import read, write

EVERY_STORE = pytest.mark.parametrize("store", [str(store) for store in ALL])


def folder_of(stack: Stack) -> Path:
    return stack.path


def port_of(stack: Stack, store: str) -> int:
    port = urlsplit(getattr(stack.urls, store)).port
    assert port is not None
    return port


def is_refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


@EVERY_STORE
async def test_each_store_keeps_what_it_is_given(full: Stack, store: str) -> None:
    await write(full.urls, store, "first-value")
    assert "first-value" in await read(full.urls, store)


async def stranger_to_postgres(url: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url, password="wrong", timeout=5)


async def stranger_to_mongo(url: str) -> None:
    place = urlsplit(url)
    async with AsyncMongoClient(f"mongodb://{place.hostname}:{place.port}/") as client:
        with pytest.raises(OperationFailure):
            await client["voicelearn"]["kept"].find_one()
        with pytest.raises(OperationFailure):
            await client["admin"].command("createUser", "intruder", pwd="x", roles=["root"])


async def stranger_to_redis(url: str) -> None:
    async with Redis(port=urlsplit(url).port or 0, retry=Retry(NoBackoff(), 0)) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()


async def stranger_to_graph(url: str) -> None:
    place = urlsplit(url)
    address = f"bolt://{place.hostname}:{place.port}"
    for auth in (None, ("root", "wrong-password")):
        async with AsyncGraphDatabase.driver(address, auth=auth) as driver:
            with pytest.raises(Neo4jError):
                await driver.verify_connectivity()


STRANGERS: dict[str, Callable[[str], Awaitable[None]]] = {
    "postgres": stranger_to_postgres,
    "mongo": stranger_to_mongo,
    "redis": stranger_to_redis,
    "graph": stranger_to_graph,
}


@pytest.mark.parametrize("store", STRANGERS)
async def test_a_stranger_is_refused(full: Stack, store: str) -> None:
    """Chroma is not among them: it has no authentication of its own."""
    await STRANGERS[store](getattr(full.urls, store))


def test_every_listening_socket_is_on_loopback(full: Stack) -> None:
    listening = {pid: set() for pid in pids(folder_of(full)).values()}
    inodes = {str(link.readlink()): pid for pid in listening for link in _descriptors(pid)}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            local, state, inode = row.split()[1], row.split()[3], f"socket:[{row.split()[9]}]"
            if state == "0A" and inode in inodes:
                listening[inodes[inode]].add(local.partition(":")[0])
    assert all(listening.values())
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert set().union(*listening.values()) <= loopback


def _descriptors(pid: int | None) -> list[Path]:
    return [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]


def test_passwords_are_for_the_owner_alone(full: Stack) -> None:
    passwords = [urlsplit(url).password for url in full.urls.model_dump().values()]
    known = {password for password in passwords if password}
    assert len(known) == 4
    for file in folder_of(full).rglob("*"):
        if file.is_file() and file.stat().st_size < 1 << 20 and file.stat().st_mode & 0o077:
            assert not any(password.encode() in file.read_bytes() for password in known), file
    for pid in pids(folder_of(full)).values():
        command = Path(f"/proc/{pid}/cmdline").read_text()
        assert not any(password in command for password in known)


@EVERY_STORE
async def test_a_paused_server_is_away_and_comes_back_with_its_data(full: Stack, store: str) -> None:
    await write(full.urls, store, "before-pause")
    others = {name: pid for name, pid in pids(folder_of(full)).items() if name != store}
    with full.away(store):
        assert is_refused(port_of(full, store))
        status = {server.store: server for server in Stack.status(folder_of(full)).servers}
        assert (status[store].phase, status[store].ready, status[store].pid) == ("away", False, None)
    assert "before-pause" in await read(full.urls, store)
    assert {name: pid for name, pid in pids(folder_of(full)).items() if name != store} == others


def test_the_watch_leaves_a_paused_server_alone(full: Stack) -> None:
    with full.away("redis"):
        full.kill("vectors")
        full.wait_ready("vectors")
        assert is_refused(port_of(full, "redis"))


@EVERY_STORE
async def test_a_killed_server_comes_back_with_its_data(full: Stack, store: str) -> None:
    await write(full.urls, store, "before-kill")
    before = pids(folder_of(full))[store]
    full.kill(store)
    full.wait_ready(store)
    assert pids(folder_of(full))[store] != before
    assert "before-kill" in await read(full.urls, store)


def test_a_server_that_is_away_cannot_be_killed(full: Stack) -> None:
    with full.away("redis"), pytest.raises(StackError, match="redis does not run"):
        full.kill("redis")


def test_a_server_that_ends_by_itself_comes_back(full: Stack) -> None:
    pid = pids(folder_of(full))["redis"]
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: pids(folder_of(full))["redis"] not in (pid, None), 10, "redis started again")
    full.wait_ready("redis")


def test_status_tells_what_each_server_takes(full: Stack) -> None:
    status = Stack.status(folder_of(full))
    assert status.running
    assert not status.held
    assert status.users == [os.getpid()]
    assert all(server.memory_bytes > 1 << 20 and server.disk_bytes > 0 for server in status.servers)
    assert [server.store for server in status.servers] == list(ALL)
