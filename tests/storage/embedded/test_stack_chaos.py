"""Anything of a stack killed with -9 at any moment: what was acknowledged is there, and nothing runs twice."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from storage.embedded.process import ProcessMark
from storage.embedded.stack import Stack
from tests.storage.embedded.members import Member, gone_within, processes_of
from tests.storage.embedded.stack_clients import read, write

STORES = ("postgres", "redis")
ROUNDS = int(os.environ.get("STACK_CHAOS_ROUNDS", "3"))


async def test_random_kills_lose_nothing(folder: Path, member: Callable[..., Member]) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}, {ROUNDS} rounds")
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        users = [member(folder, STORES) for _ in range(2)]
        urls = users[0].joined().urls
        for store in STORES:
            await write(urls, store, f"value-{number}")
        acknowledged.add(f"value-{number}")
        kill_some(folder, users, chance)
        for user in users:
            user.kill()
        with Stack.join(folder, STORES) as stack:
            for store in STORES:
                assert await read(stack.urls, store) == acknowledged, f"{store} in round {number}"
            assert_nothing_twice(folder)
            stack.leave(wait=chance.random() < 0.5)
    assert gone_within(folder, 10) == []


def kill_some(folder: Path, users: list[Member], chance: random.Random) -> None:
    """A few of the keeper, the servers and the users, in any order, with up to half a second between."""
    pids = [process.pid for process in processes_of(folder)] + [user.process.pid for user in users]
    marks = [mark for mark in map(ProcessMark.of, pids) if mark is not None]
    victims = chance.sample(marks, k=chance.randint(1, len(marks)))
    for victim in victims:
        victim.signal(signal.SIGKILL)
        if chance.random() < 0.3:
            time.sleep(chance.random() / 2)
    # One who joins before a killed keeper is quite dead is given servers that are about to go.
    assert all(victim.wait_gone(10) for victim in victims)


def assert_nothing_twice(folder: Path) -> None:
    """One keeper at most, and one parent process a server (Postgres' children carry other names)."""
    commands = [" ".join(process.cmdline()) for process in processes_of(folder)]
    keepers = [command for command in commands if "storage.embedded.keeper" in command]
    servers = Counter(store for store in STORES for command in commands if f"/{store}/" in command)
    assert len(keepers) == 1, commands
    assert set(servers.values()) == {1}, commands
