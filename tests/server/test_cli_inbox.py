"""`voicelearn inbox`: what could not be decided, shown and given back."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from storage.inbox import Inbox
from storage.postgres import Pool
from tests.server.api_client import NOWHERE
from tests.storage.events import new_call

Cli = Callable[..., Awaitable[Result]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Cli:
    """A command with these words, in a thread that may have a loop of its own."""
    for store, url in NOWHERE.model_dump().items():
        monkeypatch.setenv(f"VOICELEARN_{store.upper()}_URL", url)
    monkeypatch.setenv("VOICELEARN_POSTGRES_URL", postgres_url)
    return lambda *words: asyncio.to_thread(CliRunner().invoke, main, words)


async def set_aside(pool: Pool) -> tuple[UUID, int]:
    """A call and its event that was set aside."""
    call_id = await new_call(pool)
    (row,) = await Inbox(pool).of_call(call_id)
    await Inbox(pool).set_aside(row.seq, "ValueError: no such phase")
    return call_id, row.seq


async def status(pool: Pool, seq: int) -> str:
    row = await Inbox(pool).get(seq)
    assert row is not None
    return row.status


async def test_one_event_is_listed_and_given_back(cli: Cli, pool: Pool) -> None:
    call_id, seq = await set_aside(pool)

    listed = await cli("inbox", "aside")
    (line,) = [line for line in listed.output.splitlines() if str(call_id) in line]
    assert line.startswith(f"{seq} ")
    assert "ValueError: no such phase" in line

    assert (await cli("inbox", "retry", str(seq))).output == "1 to be decided again\n"
    assert await status(pool, seq) == "received"
    again = await cli("inbox", "retry", str(seq))
    assert (again.exit_code, again.output) == (1, f"Error: event {seq} is not set aside\n")


async def test_all_events_are_given_back(cli: Cli, pool: Pool) -> None:
    seqs = [(await set_aside(pool))[1] for _ in range(2)]

    assert (await cli("inbox", "retry", "--all")).exit_code == 0
    assert [await status(pool, seq) for seq in seqs] == ["received", "received"]
    assert (await cli("inbox", "aside")).output == ""


@pytest.mark.parametrize("words", [(), ("3", "--all")])
async def test_retry_wants_one_event_or_all(cli: Cli, words: tuple[str, ...]) -> None:
    answer = await cli("inbox", "retry", *words)
    assert answer.exit_code == 2
    assert "SEQ, or --all" in answer.output


async def test_doctor_tells_of_events_set_aside(cli: Cli, pool: Pool) -> None:
    await Inbox(pool).retry()
    assert "ok   inbox" in (await cli("doctor")).output
    await set_aside(pool)
    told = (await cli("doctor")).output
    assert "BAD  inbox" in told
    assert "1 set aside: see `voicelearn inbox aside`" in told
