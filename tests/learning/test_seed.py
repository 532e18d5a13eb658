"""The playbook in every store: once, again, edited, in part, and with a bad line."""

import json
from collections.abc import AsyncIterator

import pytest

from learning.embeddings import Embedder
from learning.seed import STORES_OF
from storage.ledger import entry_subject
from storage.playbook import packaged_files
from storage.playbooks import Playbooks
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Kind
from tests.learning.stores import Stores, opened


@pytest.fixture(scope="module")
async def stores(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    async with opened(urls, pool, embedder) as stores:
        yield stores


def edited(name: str, line: int, **changes: str) -> dict[str, str]:
    """The packaged files with one entry changed."""
    files = packaged_files()
    lines = files[name].splitlines()
    lines[line] = json.dumps(json.loads(lines[line]) | changes)
    return files | {name: "\n".join(lines)}


async def test_first_part_of_one_kind(stores: Stores) -> None:
    report = await stores.seeder().seed(packaged_files(), only=["strategy"], limit=3)
    assert report.entries == {"strategy": 3}
    assert report.written["strategy"] == 3
    assert await stores.vectors.count(Kind.STRATEGIES) == 3
    assert await stores.vectors.count(Kind.KNOWLEDGE) == 0


async def test_everything_and_again(stores: Stores) -> None:
    first = await stores.seeder().seed(packaged_files())
    assert first.errors == {}
    assert first.embedded > 0
    assert set(first.entries) == set(STORES_OF)
    assert await stores.vectors.count(Kind.STRATEGIES) == first.entries["strategy"]
    assert await stores.vectors.count(Kind.RESPONSES) == first.entries["response"]
    again = await stores.seeder().seed(packaged_files())
    assert (again.embedded, sum(again.written.values()), again.new_version) == (0, 0, False)
    row = (await stores.ledger.get(entry_subject("strategy", "opening.story")))["vectors"]
    assert row.status == "synced"


async def test_only_an_edited_line_is_embedded_again(stores: Stores) -> None:
    await stores.seeder().seed(packaged_files())
    known = json.loads(packaged_files()["knowledge.jsonl"].splitlines()[0])
    report = await stores.seeder().seed(edited("knowledge.jsonl", 0, text=known["text"] + " That is all."))
    assert (report.embedded, report.new_version) == (1, True)
    assert report.written == {"strategy": 0, "response": 0, "knowledge": 1}
    held = await stores.vectors.get(Kind.KNOWLEDGE, [known["id"]])
    assert held[known["id"]].document.endswith("That is all.")
    assert len(await Playbooks(stores.pool).versions()) == 2


async def test_a_bad_line_is_named_and_nothing_of_its_file_is_loaded(stores: Stores) -> None:
    files = packaged_files()
    bad = files | {"knowledge.jsonl": files["knowledge.jsonl"] + '\n{"id": "know.bad"}\n'}
    lines = len(files["knowledge.jsonl"].splitlines())
    report = await stores.seeder().seed(bad)
    assert report.version is None
    assert all(problem.file == "knowledge.jsonl" for problem in report.problems)
    assert {problem.line for problem in report.problems} <= {lines + 1, lines + 2}
    assert "knowledge" not in report.entries
    assert report.entries["strategy"] > 0
    assert await stores.vectors.get(Kind.KNOWLEDGE, ["know.bad"]) == {}
