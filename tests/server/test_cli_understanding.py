"""`voicelearn evaluate intents` and `voicelearn embeddings compare`, as an operator runs them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from learning.embeddings.reference import Reference, read, write
from server.cli import main

DATA = Path(__file__).parents[1] / "data"
BANKING = str(DATA / "banking_utterances.jsonl")
REFERENCE = DATA / "minilm_reference.npz"


def run(data_folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data", str(data_folder)])


def test_figures_as_json(data_folder: Path) -> None:
    arguments = ("evaluate", "intents", BANKING, "--train", BANKING, "--shots", "6", "--seed", "1", "--json")
    result = run(data_folder, *arguments, "--baseline")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["utterances"], made["intents"], made["strangers"]) == (266, 12, 50)
    assert (made["shots"], made["seed"], made["trained_on"], made["seen_in_training"]) == (6, 1, 72, 72)
    assert made["accuracy"] > 0.85
    assert made["macro_f1"] > 0.85
    assert made["none_auroc"] > 0.95
    assert made["model"] == "all-MiniLM-L6-v2"
    assert made["baseline"]["accuracy"] < made["accuracy"]
    again = json.loads(run(data_folder, *arguments).stdout)
    assert again == made | {"baseline": None}


def test_figures_as_a_table(data_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    rows = [
        ("take me off your list", "do_not_call"),
        ("how much is it", "ask_cost"),
        ("the moon is full", "oos"),
    ]
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    result = run(data_folder, "evaluate", "intents", str(file), "--shots", "8")
    assert result.exit_code == 0, result.output
    assert "3 utterances, 1 of them none of" in result.output
    assert "AUROC" in result.output


def test_a_bad_line_is_named(data_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"text": "a", "label": "b"}\n{"text": 1, "label": "b"}\n')
    result = run(data_folder, "evaluate", "intents", str(file))
    assert result.exit_code == 1
    assert 'bad.jsonl line 2: "text" must be a string' in result.output


def test_training_data_without_an_intent_is_refused(data_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text('{"text": "a", "label": "oos"}\n')
    result = run(data_folder, "evaluate", "intents", BANKING, "--train", str(file))
    assert result.exit_code == 1
    assert "no label that is an intent" in result.output


def test_comparing_with_written_vectors(data_folder: Path, tmp_path: Path) -> None:
    result = run(data_folder, "embeddings", "compare", "--reference", str(REFERENCE), "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["smallest_cosine"] > 0.99999
    assert made["reference"]["sentence-transformers"]
    reference = read(REFERENCE)
    write(
        Reference(reference.texts, np.roll(reference.vectors, 1, axis=0), reference.origin),
        tmp_path / "wrong.npz",
    )
    assert (
        run(data_folder, "embeddings", "compare", "--reference", str(tmp_path / "wrong.npz")).exit_code == 1
    )


def test_comparing_live_needs_the_extra(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    result = run(data_folder, "embeddings", "compare")
    assert result.exit_code == 1
    assert "voicelearn[sentence-transformers]" in result.output
