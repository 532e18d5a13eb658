"""The pool: a server that is away is said to be away, soon, and is found again."""

import asyncio
import contextlib

import asyncpg
import pytest

from storage.away import StoreAway
from storage.embedded.stack import Stack
from storage.inbox import Inbox
from storage.jobs import Jobs, LearnJob
from storage.playbooks import Playbooks
from storage.postgres import Pool, connect
from tests.storage.events import NOW, decide_next, event, new_call


async def until_back(pool: Pool) -> None:
    """The keeper notices a killed server after a moment, and starts it again."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(StoreAway):
                return await pool.ping()
            await asyncio.sleep(0.05)


async def test_nobody_listens_there() -> None:
    with pytest.raises(StoreAway) as caught:
        await connect("postgresql://nobody:x@127.0.0.1:1/none")
    assert caught.value.store == "postgres"


async def test_a_server_that_accepts_and_never_answers() -> None:
    held = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StoreAway):
        await asyncio.wait_for(connect(f"postgresql://nobody:x@127.0.0.1:{port}/none", timeout=0.2), 5)
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()


async def test_a_statement_that_does_not_end_is_given_up(postgres_url: str) -> None:
    pool = await connect(postgres_url, min_size=1, timeout=0.5)
    with pytest.raises(StoreAway):
        await pool.fetchval("SELECT pg_sleep(30)")
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


@pytest.mark.parametrize("state", ["40001", "40P01", "53100", "53200", "55P03", "57014", "57P03"])
async def test_what_passes_by_itself_may_be_asked_again(pool: Pool, state: str) -> None:
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(StoreAway):
        await pool.execute(raising)
    await pool.ping()


async def test_a_wrong_question_is_not_an_absent_server(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.fetch("SELECT * FROM nowhere")
    with pytest.raises(asyncpg.DataError):
        await pool.fetch("SELECT $1::int", "seven")


async def test_an_absent_server_is_found_again_with_all_that_was_acknowledged(
    pool: Pool, postgres_server: Stack, postgres_url: str
) -> None:
    call_id = await new_call(pool)
    decided: asyncio.Queue[LearnJob] = asyncio.Queue()
    stop = asyncio.Event()
    jobs = Jobs(pool, postgres_url)

    async def learn(job: LearnJob) -> None:
        decided.put_nowait(job)

    working = asyncio.create_task(jobs.run(learn, stop, poll_s=0.2))
    await asyncio.to_thread(postgres_server.pause, "postgres")
    for _ in range(3):
        with pytest.raises(StoreAway):
            await asyncio.wait_for(Inbox(pool).receive(event(call_id, "while away")), 5)
    await asyncio.to_thread(postgres_server.resume, "postgres")
    assert await Inbox(pool).receive(event(call_id, "while away")) is not None
    assert (await decide_next(pool, call_id)).version == 1
    await jobs.enqueue_learn(call_id, 1)
    assert (await asyncio.wait_for(decided.get(), 20)).call_id == call_id
    stop.set()
    await asyncio.wait_for(working, 20)


async def test_a_killed_server_keeps_what_it_acknowledged(pool: Pool, postgres_server: Stack) -> None:
    inbox, call_id, acknowledged = Inbox(pool), await new_call(pool), []
    enough = asyncio.Event()

    async def write(n: int) -> None:
        for i in range(10_000):
            try:
                if await inbox.receive(event(call_id, f"{n}.{i}")):
                    acknowledged.append(f"{n}.{i}")
                if len(acknowledged) == 200:
                    enough.set()
            except StoreAway:
                return

    writers = [asyncio.create_task(write(n)) for n in range(4)]
    await asyncio.wait_for(enough.wait(), 30)
    await asyncio.to_thread(postgres_server.kill, "postgres")
    await asyncio.gather(*writers)
    await until_back(pool)
    assert set(acknowledged) <= {row.event_id for row in await inbox.of_call(call_id)}


async def test_playbooks_stay_as_they_were_saved(pool: Pool) -> None:
    playbooks = Playbooks(pool)
    assert await playbooks.save("v1", {"phases": ["greeting"]}, NOW)
    assert not await playbooks.save("v1", {"phases": []}, NOW)
    assert await playbooks.load("v1") == {"phases": ["greeting"]}
    assert await playbooks.load("v2") is None
