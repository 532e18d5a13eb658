"""A folder shared by processes that get killed: nobody else notices, and the last one leaves nothing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.embedded.lock import is_held
from storage.embedded.stack import Stack
from tests.storage.embedded.members import (
    Member,
    eventually,
    gone_within,
    keeper_pid,
    kill_keeper,
    pids,
    processes_of,
)
from tests.storage.embedded.stack_clients import read, write

# What is shared here is the folder, whichever servers it has: two that start at once, and Postgres where it matters.
FEW = ("redis", "vectors")
DURABLE = ("postgres", "redis")
Begin = Callable[..., Member]


async def test_members_who_come_at_once_share_one_stack(folder: Path, member: Begin) -> None:
    members = [member(folder, FEW) for _ in range(4)]
    assert len({one.joined().urls for one in members}) == 1
    assert len([p for p in processes_of(folder) if "storage.embedded.keeper" in p.cmdline()]) == 1
    assert Stack.status(folder).users == sorted(one.process.pid for one in members)


async def test_the_starter_killed_disturbs_nobody(folder: Path, member: Begin) -> None:
    starter = member(folder, FEW).joined()
    other = member(folder, FEW).joined()
    before = pids(folder), keeper_pid(folder)
    await write(other.urls, "redis", "mine")
    starter.kill()
    other.do("wait_ready", "vectors")
    assert await read(other.urls, "redis") == {"mine"}
    assert (pids(folder), keeper_pid(folder)) == before


async def test_all_users_killed_leave_nothing_but_their_data(folder: Path, member: Begin) -> None:
    members = [member(folder).joined() for _ in range(2)]
    urls = members[0].urls
    for store in type(urls).model_fields:
        await write(urls, store, "kept")
    for one in members:
        one.kill()
    assert gone_within(folder, 5) == []
    again = member(folder).joined()
    assert again.urls == urls
    for store in type(urls).model_fields:
        assert await read(urls, store) == {"kept"}


async def test_a_killed_keeper_is_replaced_by_a_living_user(folder: Path) -> None:
    with Stack.join(folder, DURABLE) as stack:
        await write(stack.urls, "postgres", "kept")
        before = kill_keeper(folder)
        eventually(lambda: Stack.status(folder).keeper_pid not in (None, before), 5, "a new keeper")
        for store in DURABLE:
            stack.wait_ready(store)
        assert await read(stack.urls, "postgres") == {"kept"}
        stack.leave(wait=True)


async def test_users_and_keeper_killed_together(folder: Path, member: Begin) -> None:
    one = member(folder, DURABLE).joined()
    await write(one.urls, "postgres", "kept")
    one.kill()
    kill_keeper(folder)
    assert gone_within(folder, 5) == []
    again = member(folder, DURABLE).joined()
    assert again.urls == one.urls
    assert await read(again.urls, "postgres") == {"kept"}


async def test_everything_killed_together(folder: Path, member: Begin) -> None:
    one = member(folder, DURABLE).joined()
    await write(one.urls, "postgres", "kept")
    one.kill()
    kill_keeper(folder)
    for process in processes_of(folder):
        process.kill()
    again = member(folder, DURABLE).joined()
    assert await read(again.urls, "postgres") == {"kept"}


def test_servers_that_outlive_their_keeper_are_stopped_first(folder: Path) -> None:
    """As where the kernel knows no parent-death signal: a stopped server gets it only when it goes on."""
    stack = Stack.join(folder, ("redis",))
    orphan = pids(folder)["redis"]
    assert orphan is not None
    os.kill(orphan, signal.SIGSTOP)
    kill_keeper(folder)
    os.kill(orphan, signal.SIGCONT)
    stack.wait_ready("redis")
    assert pids(folder)["redis"] != orphan
    stack.leave(wait=True)


def test_a_pause_ends_with_the_process_that_asked_for_it(folder: Path, member: Begin) -> None:
    with Stack.join(folder, FEW) as stack:
        other = member(folder, FEW).joined()
        other.do("pause", "redis")
        other.kill()
        stack.wait_ready("redis")
        stack.leave(wait=True)


def test_a_pause_outlives_the_keeper(folder: Path) -> None:
    with Stack.join(folder, FEW) as stack:
        stack.pause("redis")
        kill_keeper(folder)
        stack.wait_ready("vectors")
        states = {server.store: server.phase for server in Stack.status(folder).servers}
        assert states["redis"] == "away"
        stack.resume("redis")
        stack.leave(wait=True)


def test_one_who_needs_more_servers_gets_them_beside_the_others(folder: Path) -> None:
    with Stack.join(folder, ("redis",)) as first:
        assert list(pids(folder)) == ["redis"]
        before = pids(folder)["redis"]
        with Stack.join(folder, FEW) as second:
            assert second.urls.redis == first.urls.redis
            assert second.urls.vectors
            assert not second.urls.mongo
        assert pids(folder)["redis"] == before
        first.leave(wait=True)


def test_a_short_gap_between_users_stops_nothing(folder: Path) -> None:
    Stack.join(folder, ("redis",)).leave()
    before = pids(folder)
    with Stack.join(folder, ("redis",)) as stack:
        assert pids(folder) == before
        stack.leave(wait=True)


def test_leave_waits_for_the_end_if_asked(folder: Path) -> None:
    Stack.join(folder, ("redis",)).leave(wait=True)
    assert not is_held(folder / "keeper.lock")
    assert processes_of(folder) == []


@pytest.mark.parametrize("round_", range(3))
def test_a_user_killed_while_it_starts_the_stack(folder: Path, member: Begin, round_: int) -> None:
    early = member(folder, FEW)
    eventually(lambda: (folder / "state.json").exists() or round_ == 0, 10, "the keeper's first word")
    early.kill()
    with Stack.join(folder, FEW) as stack:
        assert stack.urls.vectors
        stack.leave(wait=True)
