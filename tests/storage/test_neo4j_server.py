"""What the starter of the test server believes: only a process that is the one it started."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from tests.neo4j_server import place
from tests.neo4j_server.place import URL_VARIABLE, Running, running_url


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "HOME", tmp_path)
    monkeypatch.delenv(URL_VARIABLE, raising=False)


def _ourselves(**changes: object) -> Running:
    started = psutil.Process().create_time()
    return Running(**{"pid": os.getpid(), "started": started, "port": 7687, "password": "pw", **changes})  # type: ignore[arg-type]


def test_nothing_runs_where_nothing_was_started() -> None:
    assert running_url() is None


def test_a_living_server_is_found_by_its_state_which_is_private() -> None:
    _ourselves().write(place.state_file())
    assert running_url() == "bolt://neo4j:pw@127.0.0.1:7687/neo4j"
    assert stat.S_IMODE(place.state_file().stat().st_mode) == 0o600


def test_another_process_of_the_same_number_is_not_the_server() -> None:
    _ourselves(started=1.0).write(place.state_file())
    assert running_url() is None


def test_a_url_in_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    _ourselves().write(place.state_file())
    monkeypatch.setenv(URL_VARIABLE, "bolt://elsewhere:7687")
    assert running_url() == "bolt://elsewhere:7687"
