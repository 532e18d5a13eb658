"""One loaded model for all tests of what understands words."""

from pathlib import Path

import pytest

from learning.embeddings import Embedder, open_embedder


@pytest.fixture(scope="session")
def embedder(model_folder: Path) -> Embedder:
    return open_embedder("minilm", model_folder)
