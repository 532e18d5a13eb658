"""Chance as a function of names instead of a stream, so that one draw more in one place moves no other."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def number_of(*names: object) -> int:
    """64 bits that depend on all of `names` and nothing else."""
    key = "\x1f".join(map(str, names))
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")


def uniform(*names: object) -> float:
    """A uniform number in [0, 1)."""
    return number_of(*names) / 2**64


def between(low: float, high: float, *names: object) -> float:
    return low + (high - low) * uniform(*names)


def pick(options: Sequence[T], *names: object) -> T:
    return options[number_of(*names) % len(options)]
