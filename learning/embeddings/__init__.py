"""Texts as vectors, by one model for the whole product.

Callers import from here; the libraries that run a model are imported only when one is opened.
"""

from learning.embeddings.asynchronous import AsyncEmbedder
from learning.embeddings.interface import Embedder, EmbeddingError, Vectors
from learning.embeddings.opening import DEFAULT_MODEL, models_folder, open_embedder

__all__ = [
    "DEFAULT_MODEL",
    "AsyncEmbedder",
    "Embedder",
    "EmbeddingError",
    "Vectors",
    "models_folder",
    "open_embedder",
]
