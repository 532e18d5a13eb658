"""The files of named queries, and that what is polled is found by an index."""

import re
from importlib.resources import files
from uuid import uuid4

import asyncpg
import pytest

from storage.deciding import statement
from storage.postgres import Pool
from storage.queries import load, parse
from tests.storage.events import NOW

FILES = sorted(path.name for path in files("storage").joinpath("sql").iterdir() if path.name != "decide.sql")
DECIDING = ("outbox", "timers", "legs", "choices", "lead", "transfers", "releases", "learn")


async def explain(pool: Pool, query: str, *args: object) -> str:
    return "\n".join(row["QUERY PLAN"] for row in await pool.fetch(f"EXPLAIN {query}", *args))


def test_blocks_are_read_by_name() -> None:
    first = "-- what this file is\n\n-- name: one\n-- The first.\nSELECT 1;\n\n"
    text = first + "-- name: two\n-- Second.\nSELECT\n  -- inside\n  2\n"
    queries = parse("x.sql", text)
    assert dict(queries) == {"one": "SELECT 1", "two": "SELECT\n  2"}
    with pytest.raises(KeyError, match=r"x\.sql has no block named 'three'"):
        queries["three"]


def test_cypher_has_its_own_comments() -> None:
    assert dict(parse("x.cypher", "// name: one\n// The first.\nRETURN 1")) == {"one": "RETURN 1"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT 1", "x.sql:1: text before"),
        ("-- name: a\nSELECT 1", "lacks its line of description"),
        ("-- name: a\n-- Nothing.\n", "is empty"),
        ("-- name: a\n-- One.\nSELECT 1\n-- name: a\n-- One.\nSELECT 2", "x.sql:4: block 'a' is there twice"),
    ],
)
def test_a_bad_file_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse("x.sql", text)


@pytest.mark.parametrize("file", FILES)
async def test_every_query_fits_the_schema(pool: Pool, file: str) -> None:
    async with pool.connection() as connection:
        for name, query in load(f"sql/{file}").items():
            try:
                await connection.prepare(query)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{file} {name}: {error}")


@pytest.fixture(scope="module")
async def full(pool: Pool) -> Pool:
    """Many finished rows and few that wait, as after some weeks."""
    inbox = """INSERT INTO inbox (event_id, source, event_type, form, call_id, body, occurred_at, received_at,
        status)
    SELECT 'e' || n, 'ours', 'x', 1, gen_random_uuid(), '{}', $1, $1,
        CASE WHEN n % 1000 = 0 THEN 'received' ELSE 'decided' END
    FROM generate_series(1, 20000) n"""
    outbox = """INSERT INTO outbox (id, call_id, destination, key, body, status, created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'mongo', 'k' || n, '{}',
        CASE WHEN n % 1000 = 0 THEN 'pending' ELSE 'done' END, $1
    FROM generate_series(1, 20000) n"""
    ledger = """INSERT INTO ledger (subject, store, revision, status, updated_at)
    SELECT 'call:' || n, 'graph', 1, CASE WHEN n % 1000 = 0 THEN 'pending' ELSE 'synced' END, $1
    FROM generate_series(1, 20000) n"""
    timers = """INSERT INTO timers (call_id, key, due)
    SELECT gen_random_uuid(), 'k', $1::timestamptz + n * interval '1 s' FROM generate_series(1, 20000) n"""
    for rows in (inbox, outbox, ledger, timers):
        await pool.execute(rows, NOW)
    await pool.execute("VACUUM ANALYZE inbox, outbox, ledger, timers")
    return pool


POLLED = [
    ("inbox", "undecided", (0.0, 100), "inbox_undecided"),
    ("inbox", "unrouted", (100, 0.0), "inbox_undecided"),
    ("calls", "next_pending", (uuid4(),), "inbox_undecided"),
    ("outbox", "due", (["mongo"], 100), "outbox_pending"),
    ("outbox", "lease_head", (uuid4(), "mongo", "one", 1.0), "outbox_pending"),
    ("outbox", "backlog", (), "outbox_pending"),
    ("timers", "fire", (NOW, 100, 1), "timers_due"),
    ("ledger", "behind", ("graph", 100, ""), "ledger_behind"),
    ("calls", "live", (100,), "calls_live"),
    ("calls", "message_owner", ("id", ""), "outbox_message"),
    ("calls", "page", (100, None, None, None), "calls_created"),
    ("calls", "message_owner", ("id", "+12125550199"), "outbox_unanswered"),
    ("inbox", "counts", (), "inbox_unknown"),
    ("inbox", "retry", (None,), "inbox_aside"),
    ("inbox", "of_call", (uuid4(),), "inbox_call"),
]


@pytest.mark.parametrize(("file", "name", "args", "index"), POLLED, ids=[f"{f}.{n}" for f, n, *_ in POLLED])
async def test_what_is_polled_is_found_by_its_index(
    full: Pool, file: str, name: str, args: tuple[object, ...], index: str
) -> None:
    query = load(f"sql/{file}.sql")[name]
    plan = await explain(full, query, *args)
    assert index in plan, plan
    assert not re.search(r"Seq Scan on (inbox|outbox|timers|ledger)", plan), plan


@pytest.mark.parametrize("parts", [(), *[(part,) for part in DECIDING], DECIDING], ids=" ".join)
async def test_the_deciding_statement_reads_no_table_whole(full: Pool, parts: tuple[str, ...]) -> None:
    query, names = statement(parts)
    values = {
        "call_id": uuid4(), "version": 0, "inbox_seq": 1, "now": NOW, "state": "{}", "summary": {"phase": "x"},
        "given": {}, "owner": "one", "lease_s": 1.0, "outbox": [{"destination": "d"}], "void_keys": ["k"],
        "void_speech": True, "timers": {"t": NOW}, "cancel": ["t"], "cancel_all": True, "legs": [{"name": "p"}],
        "choices": [{"key": "k"}], "lead": {"columns": {}, "captures": {}}, "do_not_call": [{"phone": "x"}],
        "transfers": [{"claim": "c"}], "releases": ["r"], "learn": 1,
    }  # fmt: skip
    plan = await explain(full, query, *(values[name] for name in names))
    assert not re.search(r"Seq Scan on (inbox|outbox|timers|ledger|calls|leads|legs)", plan), plan
