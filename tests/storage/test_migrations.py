"""The schema, from nothing to the head, by several processes at once."""

import asyncio
import re
import sys
from typing import get_args

import asyncpg
import pytest

from call_flow.compliance.dialling import Reason
from call_flow.record import TransferRecord
from call_flow.status import FinalStatus
from storage.away import StoreAway
from storage.migrations import upgrade
from storage.postgres import Pool, connect

TABLES = {
    "leads", "calls", "kevin_availability", "closers", "claims", "legs", "choices", "consents", "refusals", "transfers",
    "users", "do_not_call", "learning_metrics", "inbox", "outbox", "timers", "pgqueuer", "ledger", "sync_runs",
    "embeddings", "strategy_stats", "playbooks",
}  # fmt: skip
UPGRADE = "import asyncio, sys; from storage.migrations import upgrade; asyncio.run(upgrade(sys.argv[1]))"


async def test_processes_that_start_together_migrate_once(empty: str) -> None:
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, empty) for _ in range(3)]
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    await asyncio.gather(upgrade(empty), upgrade(empty))
    pool = await connect(empty, min_size=1)
    rows = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await pool.close()
    assert {row["tablename"] for row in rows} >= TABLES


async def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(StoreAway, match="postgres"):
        await upgrade("postgresql://nobody:x@127.0.0.1:1/none")


async def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        await upgrade("mysql://127.0.0.1/none")


OUTCOMES = {
    name for part in get_args(TransferRecord.model_fields["outcome"].annotation) for name in get_args(part)
}
CLOSED = {
    "calls_final_status_check": set(FinalStatus),
    "leads_status_check": {"new", *FinalStatus},
    "transfers_outcome_check": OUTCOMES,
    "refusals_reason_check": {"not_configured", *Reason},
}


@pytest.mark.parametrize("check", CLOSED)
async def test_the_schema_knows_the_words_of_the_code(pool: Pool, check: str) -> None:
    rule = await pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", check
    )
    assert set(re.findall(r"'(\w+)'", rule)) == CLOSED[check]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO users (email, password_hash, role, created_at) VALUES ('a@b', 'x', 'king', now())",
        "INSERT INTO kevin_availability (closer_id, day_of_week, created_at) VALUES ('k', 1, now())",
        "INSERT INTO closers (id, name, phone) VALUES ('k', 'Kevin', '5550100')",
        "INSERT INTO ledger VALUES ('call:1', 'excel', 1, 'pending', 0, NULL, now(), NULL)",
    ],
)
async def test_the_schema_refuses_what_makes_no_sense(pool: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(statement)
