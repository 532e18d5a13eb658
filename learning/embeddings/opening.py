"""Chooses the implementation that serves a model's name; the one place that knows which there are."""

from pathlib import Path

from learning.embeddings.interface import Embedder

DEFAULT_MODEL = "minilm"


def models_folder(data: Path) -> Path:
    """Where below the data folder models are built and kept."""
    return data / "models"


def open_embedder(model: str, folder: Path) -> Embedder:
    """Loads `model`, keeping what it builds under `folder`; blocking (0.7 s, 3 s the first time).

    `minilm` is served by onnxruntime; any other name or path goes to sentence-transformers.
    Raises EmbeddingError where the checkpoint or the extra is missing.
    """
    if model == DEFAULT_MODEL:
        from learning.embeddings.minilm import OnnxMiniLM

        return OnnxMiniLM(folder)
    from learning.embeddings.sentence_transformers_model import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(model, cache=folder)
