"""Reference vectors: what sentence-transformers itself makes of a list of texts, to hold our graph to it.

`python -m learning.embeddings.reference --write FILE` needs the extra; reading a written file does not.
"""

import argparse
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from learning.embeddings.checkpoint import find_minilm
from learning.embeddings.interface import Embedder, Vectors
from learning.embeddings.sentence_transformers_model import SentenceTransformersEmbedder

TEXTS = Path(__file__).with_name("reference_texts.jsonl")
LIBRARIES = ("sentence-transformers", "transformers", "tokenizers", "torch", "numpy")


@dataclass(frozen=True)
class Reference:
    """Texts, their vectors (n, d) float32, and who made them: library versions and checkpoint hash."""

    texts: list[str]
    vectors: Vectors
    origin: dict[str, str]


@dataclass(frozen=True)
class Difference:
    """How far one set of vectors is from another: the smallest cosine and the largest |a - b|."""

    texts: int
    smallest_cosine: float
    largest_difference: float
    worst_text: str


def reference_texts() -> list[str]:
    return [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]


def make() -> Reference:
    """Vectors of the reference texts by sentence-transformers; EmbeddingError where it is missing."""
    checkpoint = find_minilm()
    embedder = SentenceTransformersEmbedder(str(checkpoint.folder))
    texts = reference_texts()
    origin = {library: importlib.metadata.version(library) for library in LIBRARIES}
    return Reference(texts, embedder.encode(texts), origin | {"checkpoint_sha256": checkpoint.digest})


def compare(embedder: Embedder, reference: Reference) -> Difference:
    """`embedder` against the reference, text by text."""
    made = embedder.encode(reference.texts).astype(np.float64)
    wanted = reference.vectors.astype(np.float64)
    lengths = np.linalg.norm(made, axis=1) * np.linalg.norm(wanted, axis=1)
    cosines = (made * wanted).sum(axis=1) / lengths
    differences = np.abs(made - wanted).max(axis=1)
    worst = int(differences.argmax())
    return Difference(len(cosines), float(cosines.min()), float(differences.max()), reference.texts[worst])


def write(reference: Reference, path: Path) -> None:
    np.savez_compressed(
        path,
        texts=np.array(json.dumps(reference.texts)),
        vectors=reference.vectors,
        origin=np.array(json.dumps(reference.origin)),
    )


def read(path: Path) -> Reference:
    with np.load(path, allow_pickle=False) as stored:
        texts, origin = json.loads(str(stored["texts"])), json.loads(str(stored["origin"]))
        return Reference(texts, stored["vectors"], origin)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes reference vectors made by sentence-transformers.")
    parser.add_argument("--write", type=Path, required=True, metavar="FILE", help="an .npz file to write")
    path: Path = parser.parse_args().write
    reference = make()
    write(reference, path)
    print(f"{path}: {len(reference.texts)} texts; {json.dumps(reference.origin)}")


if __name__ == "__main__":
    main()
