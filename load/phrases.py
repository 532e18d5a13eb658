"""What people in this world say: a bank of templates by act, read once from phrases.jsonl.

The bank is small enough that an embedding cache helps and varied enough that examples cannot be matched.
"""

import json
from functools import cache
from pathlib import Path


@cache
def bank() -> dict[str, tuple[str, ...]]:
    """Act to its templates; slots in braces are filled by the speaker."""
    lines = Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["act"]: tuple(entry["texts"]) for entry in map(json.loads, lines)}


def fill(template: str, slots: dict[str, str]) -> str:
    """The template with its slots; an unknown slot is an error in the bank."""
    return template.format(**slots) if "{" in template else template
