"""Runs any model that sentence-transformers can load, on CPU or GPU; an extra, never needed by default.

The library is imported when a model is opened and not before: importing it costs seconds and half a gigabyte.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from learning.embeddings.interface import EmbeddingError, Vectors

EXTRA = "voicelearn[sentence-transformers]"


class SentenceTransformersEmbedder:
    """`model` is a name that the library can resolve or a folder with a checkpoint."""

    def __init__(self, model: str, cache: Path | None = None) -> None:
        """EmbeddingError where the extra is not installed or the model cannot be loaded."""
        library = _library(model)
        try:
            self._model: Any = library.SentenceTransformer(model, cache_folder=str(cache) if cache else None)
        except (OSError, ValueError) as error:
            raise EmbeddingError(f"sentence-transformers cannot load the model {model!r}: {error}") from error
        self.name = Path(model).name
        self.version = f"sentence-transformers-{library.__version__}"
        self.dimensions = int(np.shape(self._model.encode([""]))[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def _library(model: str) -> Any:
    try:
        import sentence_transformers
    except ImportError as error:
        raise EmbeddingError(
            f"the embedding model {model!r} needs sentence-transformers: pip install '{EXTRA}', "
            "or use the built-in model 'minilm'"
        ) from error
    return sentence_transformers
