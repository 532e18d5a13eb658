"""`voicelearn stack`: what it keeps running runs without anybody, until it is told to stop."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli.stack import stack as command
from storage.embedded.stack import Stack
from tests.storage.embedded.members import gone_within, processes_of


@pytest.fixture
def folder(folder: Path) -> Path:
    """The data folder: the servers' own is below it."""
    return folder.parent


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_up_outlives_its_command_and_down_ends_it(folder: Path) -> None:
    up = run("up", "--data", str(folder), "--only", "redis")
    assert up.exit_code == 0, up.output
    assert "kept running" in up.output
    found = json.loads(run("status", "--data", str(folder), "--json").output)
    assert found["held"]
    assert found["users"] == []
    assert [(server["store"], server["ready"]) for server in found["servers"]] == [("redis", True)]
    assert "redis://:" in run("status", "--data", str(folder), "--urls").output
    whole = json.loads(run("status", "--data", str(folder), "--json", "--urls").output)
    assert whole["urls"]["redis"].startswith("redis://:")
    down = run("down", "--data", str(folder))
    assert "stopped" in down.output
    assert processes_of(folder / "stack") == []
    assert run("status", "--data", str(folder)).exit_code == 3


def test_down_leaves_the_servers_to_those_who_use_them(folder: Path) -> None:
    run("up", "--data", str(folder), "--only", "redis")
    with Stack.join(folder / "stack", ("redis",)) as stack:
        assert "still in use" in run("down", "--data", str(folder)).output
        stack.wait_ready("redis")
    assert gone_within(folder / "stack", 5) == []


def test_nothing_there_is_no_error(folder: Path) -> None:
    assert "stopped" in run("down", "--data", str(folder)).output
    assert "not running" in run("status", "--data", str(folder)).output
    assert not (folder / "stack").exists()


def test_a_bad_folder_is_an_error_without_a_trace(folder: Path) -> None:
    (folder / "stack").write_text("")
    result = run("up", "--data", str(folder))
    (folder / "stack").unlink()
    assert result.exit_code == 1
    assert "Error: the stack's folder" in result.output


def test_stores_that_have_a_url_are_not_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"postgres": "postgresql", "mongo": "mongodb", "graph": "bolt", "vectors": "http"}
    for store, scheme in elsewhere.items():
        monkeypatch.setenv(f"VOICELEARN_{store.upper()}_URL", f"{scheme}://elsewhere")
    assert run("up", "--data", str(folder)).exit_code == 0
    assert [server.store for server in Stack.status(folder / "stack").servers] == ["redis"]
    run("down", "--data", str(folder))
    monkeypatch.setenv("VOICELEARN_REDIS_URL", "redis://elsewhere")
    assert "nothing to start" in run("up", "--data", str(folder)).output
