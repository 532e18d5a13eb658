"""`voicelearn seed`, `sync` and `bench`: what they print, and how they end."""

import shutil
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from server.cli import main
from storage.urls import StoreUrls


@pytest.fixture
def environment(urls: StoreUrls, data_folder: Path) -> dict[str, str]:
    """The stores of the tests' own stack, and a model that is built once."""
    named = {f"VOICELEARN_{store.upper()}_URL": url for store, url in urls.model_dump().items()}
    return named | {"VOICELEARN_DATA": str(data_folder)}


def test_seed_and_sync(environment: dict[str, str]) -> None:
    runner = CliRunner(env=environment)
    seeded = runner.invoke(main, ["seed", "--only", "knowledge", "--limit", "2"])
    assert seeded.exit_code == 0, seeded.output
    assert seeded.stdout.splitlines()[:2] == [
        "kind         entries  postgres     graph   vectors",
        "knowledge          2         2         -         2",
    ]
    assert "no version of the playbook: only a part of it was asked for" in seeded.stdout
    told = runner.invoke(main, ["sync", "--json"])
    assert told.exit_code == 0, told.output
    state = orjson.loads(told.stdout)
    assert {store["store"] for store in state["stores"]} == {"postgres", "mongo", "graph", "vectors", "cache"}
    assert state["behind"] == 0
    assert "brought in" not in runner.invoke(main, ["sync", "--show"]).stdout


def test_a_bad_line_ends_the_seed_with_its_place(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "playbook"
    shutil.copytree(str(files("call_flow.playbook")), folder)
    knowledge = folder / "knowledge.jsonl"
    lines = knowledge.read_text().splitlines()
    knowledge.write_text("\n".join([*lines, '{"id": "know.bad"}']))
    runner = CliRunner(env=environment | {"VOICELEARN_PLAYBOOK": str(folder)})
    ended = runner.invoke(main, ["seed", "--only", "phase"])
    assert ended.exit_code == 1
    assert f"knowledge.jsonl:{len(lines) + 1}: text" in ended.stderr
    assert "no version of the playbook" in ended.stdout


def test_benches_are_listed() -> None:
    listed = CliRunner().invoke(main, ["bench", "--help"])
    assert "learning" in listed.stdout
    assert CliRunner().invoke(main, ["bench", "nothing"]).exit_code == 2


def test_a_small_bench_as_json(environment: dict[str, str]) -> None:
    sizes = ["--calls", "3", "--tail", "2", "--seeds", "2", "--effect", "0.1", "--jobs", "1"]
    ended = CliRunner(env=environment).invoke(main, ["bench", "learning", "--json", *sizes])
    assert ended.exit_code == 0, ended.output
    report = orjson.loads(ended.stdout)
    assert report["machine"]["cores"] >= 1
    [world] = report["worlds"]
    assert (world["calls"], world["tail"], world["seeds"]) == (3, 2, 2)
    assert set(world["difference"]) == {"mean", "low", "high"}
