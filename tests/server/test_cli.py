"""The command line: quick to ask, complete, and clear about what is wrong."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from click.testing import CliRunner

from server.cli import COMMANDS, main
from tests.server.api_client import NOWHERE

HEAVY = ("telnyx", "onnxruntime", "chromadb", "neo4j", "pymongo", "sqlalchemy", "uvicorn", "numpy")


def test_every_command_is_there() -> None:
    answer = CliRunner().invoke(main, ["--help"])
    assert answer.exit_code == 0
    assert all(f"\n  {name} " in answer.output for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    answer = CliRunner().invoke(main, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_help_loads_nothing_heavy() -> None:
    code = f"""
import sys
from click.testing import CliRunner
from server.cli import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
assert CliRunner().invoke(main, ["serve", "--help"]).exit_code == 0
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_malformed_setting_ends_a_command_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICELEARN_FROM_NUMBER", "five")
    answer = CliRunner().invoke(main, ["serve"])
    assert answer.exit_code == 1
    assert "VOICELEARN_FROM_NUMBER: must be a number in E.164" in answer.output


def test_unknown_command_is_named() -> None:
    answer = CliRunner().invoke(main, ["sell"])
    assert answer.exit_code == 2
    assert "sell" in answer.output


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No store is embedded; all but Postgres answer nothing. A lead file."""
    monkeypatch.chdir(tmp_path)
    for store, url in NOWHERE.model_dump().items():
        monkeypatch.setenv(f"VOICELEARN_{store.upper()}_URL", url)
    file = tmp_path / "leads.csv"
    file.write_text("phone\n+12122360001\n")
    return file


USERS_OF_POSTGRES = [
    ["leads", "import", "leads.csv"],
    ["replay", str(uuid4())],
    ["inbox", "aside"],
    ["worker"],
    ["doctor"],
    ["migrate"],
]


def as_somebody_else(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"postgres:wrong@{parts.hostname}:{parts.port}"))


@pytest.mark.parametrize("words", USERS_OF_POSTGRES, ids=lambda words: words[0])
def test_wrong_password_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, postgres_url: str, words: list[str]
) -> None:
    monkeypatch.setenv("VOICELEARN_POSTGRES_URL", as_somebody_else(postgres_url))
    answer = CliRunner().invoke(main, words)
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert "password authentication failed" in answer.output
    assert "wrong" not in answer.output


def test_server_that_cannot_start_says_why_in_a_line(elsewhere: Path, postgres_url: str) -> None:
    environment = os.environ | {"VOICELEARN_POSTGRES_URL": as_somebody_else(postgres_url)}
    command = [sys.executable, "-m", "server", "serve", "--port", "0"]
    paths = os.pathsep.join((str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")))
    done = subprocess.run(command, capture_output=True, text=True, env=environment | {"PYTHONPATH": paths})
    assert done.returncode == 3
    assert "password authentication failed" in done.stderr
    assert "(VOICELEARN_POSTGRES_URL)" in done.stderr
    assert "Traceback" not in done.stderr


def test_numbers_are_put_on_the_do_not_call_list(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, postgres_url: str
) -> None:
    monkeypatch.setenv("VOICELEARN_POSTGRES_URL", postgres_url)
    (elsewhere.parent / "numbers.txt").write_text("+12122360301\n\nnobody\n(212) 236-0302\n")
    words = ["leads", "do-not-call", "--evidence", "letter of 3 March", "+1 212 236 0300", "5", "numbers.txt"]

    first, again = (CliRunner().invoke(main, words) for _ in range(2))

    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "3 listed, 0 on the list already, 2 bad" in first.output
    assert "0 listed, 3 on the list already, 2 bad" in again.output
    assert "numbers.txt line 3: is no phone number" in first.output
    assert "argument 2: is no" in first.output
    assert "236" not in first.output


@pytest.mark.parametrize("words", USERS_OF_POSTGRES, ids=lambda words: words[0])
def test_data_folder_that_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, words: list[str]
) -> None:
    monkeypatch.delenv("VOICELEARN_POSTGRES_URL", raising=False)
    monkeypatch.setenv("VOICELEARN_DATA", str(elsewhere / "below-a-file"))
    answer = CliRunner().invoke(main, words)
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert f"{elsewhere / 'below-a-file'}" in answer.output


def test_those_who_only_look_leave_the_schema_as_it_is(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, empty: str
) -> None:
    monkeypatch.setenv("VOICELEARN_POSTGRES_URL", empty)
    for words in (["doctor"], ["replay", str(uuid4())]):
        for _ in range(2):
            answer = CliRunner().invoke(main, words)
            assert answer.exit_code == 1
            assert "the schema of postgres is not there yet" in answer.output
    assert "run `voicelearn migrate`" in answer.output
    assert CliRunner().invoke(main, ["leads", "import", "leads.csv"]).exit_code == 0
    assert "ok   schema" in CliRunner().invoke(main, ["doctor"]).output
