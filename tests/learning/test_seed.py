"""The playbook in every store: once, again, edited, edited back, in part, and with a bad line."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping

import pytest

from call_flow.phases import Phase
from call_flow.playbook.parsing import KINDS
from learning.embeddings import Embedder
from learning.loading import STORES_OF
from storage.embedded.stack import Stack
from storage.ledger import call_subject, entry_subject
from storage.playbook import playbook_files
from storage.playbooks import Playbooks
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Kind
from tests.learning.played import store_call
from tests.learning.records import conversation
from tests.learning.stores import Stores, opened

OWN = secrets.token_hex(4)


@pytest.fixture
async def stores(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    await pool.execute("TRUNCATE playbook_entries, playbooks, ledger")
    async with opened(urls, pool, embedder) as stores:
        yield stores


def files() -> dict[str, str]:
    """The packaged playbook, its strategies with ids that no other test's graph knows."""
    found = playbook_files(None)
    strategies = [json.loads(line) for line in found["strategies.jsonl"].splitlines() if line.strip()]
    lines = [json.dumps(strategy | {"id": f"{strategy['id']}_{OWN}"}) for strategy in strategies]
    return found | {"strategies.jsonl": "\n".join(lines)}


def edited(found: Mapping[str, str], name: str, line: int, **changes: str) -> dict[str, str]:
    """The files with one entry changed."""
    lines = found[name].splitlines()
    lines[line] = json.dumps(json.loads(lines[line]) | changes)
    return {**found, name: "\n".join(lines)}


def first(name: str) -> dict[str, str]:
    entry: dict[str, str] = json.loads(files()[name].splitlines()[0])
    return entry


async def stored(stores: Stores, kind: str) -> int:
    return int(
        await stores.pool.fetchval(
            "SELECT count(*) FROM playbook_entries WHERE kind = $1 AND content IS NOT NULL", kind
        )
    )


async def text_of(stores: Stores, kind: Kind, id_: str) -> str | None:
    held = await stores.vectors.get(kind, [id_])
    return held[id_].document if id_ in held else None


async def test_first_part_of_one_kind_and_nothing_else_in_any_store(stores: Stores) -> None:
    report = await stores.seeder().seed(files(), only=["strategy"], limit=3)
    assert report.entries == {"strategy": 3}
    assert report.version is None
    assert report.written == {store: {"strategy": 3} for store in ("postgres", "graph", "vectors")}
    assert await stores.vectors.count(Kind.STRATEGIES) == 3
    assert await stores.vectors.count(Kind.KNOWLEDGE) == 0
    assert [await stored(stores, kind) for kind in ("strategy", "phase", "objection")] == [3, 0, 0]
    assert await stores.pool.fetchval("SELECT count(*) FROM playbooks") == 0
    assert await stores.pool.fetchval("SELECT count(*) FROM ledger") == 6


async def test_everything_and_again(stores: Stores) -> None:
    report = await stores.seeder().seed(files())
    assert report.errors == {}
    assert set(report.entries) == set(STORES_OF) == {kind.name for kind in KINDS.values()}
    assert report.written["postgres"] == report.entries
    assert set(report.written["graph"]) == {"phase", "strategy", "objection"}
    assert await stores.vectors.count(Kind.STRATEGIES) == report.entries["strategy"]
    assert await stores.vectors.count(Kind.RESPONSES) > report.entries["objection"]
    assert report.version is not None
    assert await Playbooks(stores.pool).load(report.version) is not None
    again = await stores.seeder().seed(files())
    assert (again.embedded, again.new_version, again.version) == (0, False, report.version)
    assert not any(sum(kinds.values()) for kinds in again.written.values())


async def test_only_an_edited_line_is_written_and_embedded_again(stores: Stores) -> None:
    await stores.seeder().seed(files())
    known = first("knowledge.jsonl")
    text = f"{known['text']} That is all {OWN}."
    report = await stores.seeder().seed(edited(files(), "knowledge.jsonl", 0, text=text))
    assert (report.embedded, report.new_version) == (1, True)
    assert {store: sum(kinds.values()) for store, kinds in report.written.items() if kinds} == {
        "postgres": 1,
        "vectors": 1,
    }
    assert str(await text_of(stores, Kind.KNOWLEDGE, known["id"])).endswith(f"{OWN}.")


async def test_what_was_edited_back_while_a_store_was_away_is_caught_up(stores: Stores, stack: Stack) -> None:
    known = first("knowledge.jsonl")
    edit = edited(files(), "knowledge.jsonl", 0, text=f"Other words {OWN}.")
    await stores.seeder().seed(files())
    await stores.seeder().seed(edit)
    stack.pause("vectors")
    try:
        report = await stores.seeder().seed(files())
    finally:
        stack.resume("vectors")
    assert "vectors cannot be reached" in report.errors["vectors"]
    async with asyncio.timeout(20):
        while (await stores.sync().state()).behind:
            await stores.sync().once("test")
            await asyncio.sleep(0.2)
    assert str(await text_of(stores, Kind.KNOWLEDGE, known["id"])).endswith(known["text"])


async def test_what_left_the_playbook_is_found_no_more(stores: Stores) -> None:
    await stores.seeder().seed(files())
    gone = first("knowledge.jsonl")["id"]
    fewer = files()
    fewer["knowledge.jsonl"] = "\n".join(fewer["knowledge.jsonl"].splitlines()[1:])
    assert await text_of(stores, Kind.KNOWLEDGE, gone) is not None
    await stores.seeder().seed(fewer)
    assert await text_of(stores, Kind.KNOWLEDGE, gone) is None
    await stores.seeder().seed(files())
    assert await text_of(stores, Kind.KNOWLEDGE, gone) is not None


async def test_an_entry_that_cannot_be_read_holds_up_neither_entries_nor_calls(stores: Stores) -> None:
    ids = sorted(json.loads(line)["id"] for line in files()["knowledge.jsonl"].splitlines())
    bad, good = (entry_subject("knowledge", id_) for id_ in ids[:2])
    await stores.seeder().seed(files(), only=["knowledge"], limit=2)
    await stores.pool.execute("UPDATE playbook_entries SET content = '{}' WHERE id = $1", ids[0])
    await stores.ledger.reset("vectors", stores.now())
    call_id = await store_call(stores.pool, conversation())
    await stores.sync().once()
    assert (await stores.ledger.get(good))["vectors"].status == "synced"
    assert (await stores.ledger.get(call_subject(call_id)))["vectors"].status == "synced"
    failed = (await stores.ledger.get(bad))["vectors"]
    assert (failed.status, str(failed.error).split()[0]) == ("failed", "ValidationError")


async def test_a_bad_line_is_named_and_nothing_of_its_file_is_loaded(stores: Stores) -> None:
    found = files()
    lines = len(found["knowledge.jsonl"].splitlines())
    bad = found | {"knowledge.jsonl": found["knowledge.jsonl"].rstrip("\n") + '\n{"id": "know.bad"}\n'}
    report = await stores.seeder().seed(bad)
    assert report.version is None
    assert {(problem.file, problem.line) for problem in report.problems} == {("knowledge.jsonl", lines + 1)}
    assert "knowledge" not in report.entries
    assert report.entries["phase"] == len(Phase)
    assert [await stored(stores, kind) for kind in ("knowledge", "phase")] == [0, len(Phase)]
    assert await stores.vectors.count(Kind.KNOWLEDGE) == 0
    assert await stores.pool.fetchval("SELECT count(*) FROM playbooks") == 0
