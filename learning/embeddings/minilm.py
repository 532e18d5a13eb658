"""Runs MiniLM as an ONNX graph that is built once into the data folder: no torch, one thread, 190 MB.

A half-written graph is never seen: it is written under a name of its own and renamed, so that processes
starting at once each build one and the last rename wins with the same content.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from learning.embeddings.checkpoint import Checkpoint, find_minilm
from learning.embeddings.interface import EmbeddingError, Vectors

# Counts changes of the graph that change its output; kept in the version beside the checkpoint's hash.
GRAPH_REVISION = 1
# Padded tokens a run: more gains nothing on one thread and costs memory and the wait of those behind.
TOKENS_A_RUN = 2048


class OnnxMiniLM:
    """all-MiniLM-L6-v2 on onnxruntime, 384 dimensions, input cut at the checkpoint's 256 tokens."""

    def __init__(self, folder: Path, checkpoint: Checkpoint | None = None) -> None:
        """Builds the graph under `folder` where it is missing (2 s), then loads it (0.7 s)."""
        self._checkpoint = checkpoint or find_minilm()
        self.name = self._checkpoint.name
        self.version = f"{self._checkpoint.digest[:16]}-g{GRAPH_REVISION}"
        self.dimensions = int(self._checkpoint.config["hidden_size"])
        self._tokenizer = _tokenizer(self._checkpoint)
        self._session = _session(graph_file(folder, self._checkpoint))

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        for rows in _runs([len(encoding) for encoding in encodings]):
            vectors[rows] = self._run([encodings[row] for row in rows])
        return vectors

    def _run(self, encodings: list[Encoding]) -> Vectors:
        width = max(len(encoding) for encoding in encodings)
        ids = np.zeros((len(encodings), width), np.int64)
        mask = np.zeros((len(encodings), width), np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        vectors: Vectors = self._session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return vectors


def _runs(lengths: list[int]) -> list[list[int]]:
    """Row numbers, shortest texts first, cut so that no run is padded to more than TOKENS_A_RUN tokens."""
    runs: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if runs and (len(runs[-1]) + 1) * lengths[row] <= TOKENS_A_RUN:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer))
    tokenizer.enable_truncation(checkpoint.max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EmbeddingError(
            f"{path} cannot be loaded ({error}); remove it to have it built again"
        ) from error


def graph_file(folder: Path, checkpoint: Checkpoint) -> Path:
    """The graph of this checkpoint under `folder`, built first where it is missing.

    Its name holds the weights' hash, so that a new checkpoint gets a new file; a JSON file beside it says
    what it was made of.
    """
    path = folder / f"{checkpoint.name}-{checkpoint.digest[:16]}-g{GRAPH_REVISION}.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        from learning.embeddings.graph import OPSET, build

        _write(path, build(checkpoint).SerializeToString())
        origin = {
            "name": checkpoint.name,
            "version": f"{checkpoint.digest[:16]}-g{GRAPH_REVISION}",
            "checkpoint_sha256": checkpoint.digest,
            "opset": OPSET,
            "max_tokens": checkpoint.max_tokens,
        }
        _write(path.with_suffix(".json"), json.dumps(origin, indent=1).encode())
    return path


def _write(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
