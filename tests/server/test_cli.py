"""The command line: quick to ask, complete, and clear about what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import COMMANDS, main

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
