"""What the rest of the product knows of an embedding model, so that no caller depends on how it is run.

It must never load a model or import a library that does: callers import this for its types alone.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors; blocking, and safe to call from one thread at a time.

    `name` and `version` are kept beside every stored vector: vectors of two versions are never compared.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 of shape (len(texts), dimensions), each row of length one; (0, dimensions) for no text."""
        ...


class EmbeddingError(Exception):
    """A model cannot be found, read or run; the message says which, and what to install."""
