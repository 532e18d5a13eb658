"""MiniLM as an ONNX graph: the same vectors as sentence-transformers, built once, without torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from learning.embeddings import Embedder, EmbeddingError, open_embedder
from learning.embeddings.checkpoint import Checkpoint, find_minilm
from learning.embeddings.minilm import TOKENS_A_RUN, _runs
from learning.embeddings.reference import Reference, compare, read, reference_texts, write

REFERENCE = Path(__file__).parents[1] / "data" / "minilm_reference.npz"


def test_same_vectors_as_sentence_transformers(embedder: Embedder) -> None:
    reference = read(REFERENCE)
    difference = compare(embedder, reference)
    print(f"\n{difference} against {reference.origin}")
    assert difference.texts >= 100
    assert difference.smallest_cosine >= 0.99999
    assert difference.largest_difference < 1e-5


def test_reference_is_of_the_installed_checkpoint_and_the_committed_texts() -> None:
    reference = read(REFERENCE)
    assert reference.origin["checkpoint_sha256"] == find_minilm().digest
    assert reference.texts == reference_texts()


def test_a_difference_is_seen(embedder: Embedder) -> None:
    reference = read(REFERENCE)
    wrong = reference.vectors.copy()
    wrong[5] = -wrong[5]
    difference = compare(embedder, Reference(reference.texts, wrong, reference.origin))
    assert difference.smallest_cosine == pytest.approx(-1, abs=1e-5)
    assert difference.worst_text == reference.texts[5]


def test_a_reference_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "reference.npz"
    reference = Reference(["", "naïve 👍", "nul\x00"], np.eye(3, dtype=np.float32), {"torch": "2"})
    write(reference, path)
    again = read(path)
    assert (again.texts, again.origin) == (reference.texts, reference.origin)
    assert np.array_equal(again.vectors, reference.vectors)


def test_rows_are_unit_float32_in_order(embedder: Embedder) -> None:
    texts = ["yes", "a much longer sentence about the price of tea", "no"]
    vectors = embedder.encode(texts)
    assert vectors.shape == (3, embedder.dimensions) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    one_by_one = np.vstack([embedder.encode([text]) for text in texts])
    assert np.abs(vectors - one_by_one).max() < 1e-5


def test_no_text_gives_no_row(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, 384)


def test_what_is_past_the_checkpoints_length_is_cut(embedder: Embedder) -> None:
    long, longer = embedder.encode(["word " * 254, "word " * 254 + "and never heard"])
    assert np.abs(long - longer).max() < 1e-5


def test_runs_hold_every_row_once_and_stay_small() -> None:
    lengths = [3, 256, 5, 5, 200, 4] * 40
    runs = _runs(lengths)
    assert sorted(row for run in runs for row in run) == list(range(len(lengths)))
    assert max(len(run) * max(lengths[row] for row in run) for run in runs) <= TOKENS_A_RUN


def test_graph_is_built_once_and_says_what_it_was_made_of(embedder: Embedder, model_folder: Path) -> None:
    graph = next(model_folder.glob("*.onnx"))
    before = graph.stat().st_mtime_ns
    open_embedder("minilm", model_folder)
    assert graph.stat().st_mtime_ns == before
    origin = json.loads(graph.with_suffix(".json").read_text())
    assert (origin["name"], origin["version"]) == (embedder.name, embedder.version)
    assert origin["checkpoint_sha256"] == find_minilm().digest
    assert sorted(path.suffix for path in model_folder.iterdir()) == [".json", ".onnx"]


def test_two_processes_may_build_at_once(embedder: Embedder, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from learning.embeddings import open_embedder;"
        "print(open_embedder('minilm', Path(sys.argv[1])).encode(['hello'])[0, 0])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [float(output) for output in outputs] == pytest.approx([embedder.encode(["hello"])[0, 0]] * 2)
    assert len(list(tmp_path.iterdir())) == 2


def test_torch_is_neither_needed_nor_imported() -> None:
    code = (
        "import sys, learning.embeddings.minilm, learning.embeddings.graph, learning.embeddings.reference;"
        "print([m for m in ('torch', 'sentence_transformers', 'transformers') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.strip() == "[]"


def test_another_model_names_the_extra_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EmbeddingError, match=r"'my-model'.*voicelearn\[sentence-transformers\]"):
        open_embedder("my-model", tmp_path)


def test_a_broken_graph_is_named(tmp_path: Path) -> None:
    checkpoint = find_minilm()
    name = f"{checkpoint.name}-{checkpoint.digest[:16]}-g1.onnx"
    (tmp_path / name).write_bytes(b"not a graph")
    with pytest.raises(EmbeddingError, match=name):
        open_embedder("minilm", tmp_path)


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    (tmp_path / "config.json").write_text('{"architectures": ["GPT2Model"]}')
    with pytest.raises(EmbeddingError, match=r"architectures is \['GPT2Model'\]"):
        Checkpoint("other", tmp_path).check()
    with pytest.raises(EmbeddingError, match=r"sentence_bert_config\.json is missing"):
        _ = Checkpoint("other", tmp_path).max_tokens
