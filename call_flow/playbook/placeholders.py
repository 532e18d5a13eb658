"""The placeholders of spoken text, and how they are filled.

Braces inside a value are never read as a placeholder; amounts are said in words.
"""

import re
from collections.abc import Iterator, Mapping

from call_flow.playbook.numerals import amount_in_words

# Known to every call, from its settings or at the moment the line is said.
ASSURED = frozenset(
    {"agent_name", "business", "closer_name", "callback_number", "video_url", "disclosure", "summary"}
)
# Known once the prospect or the lead's record told it: a text that uses one has a fallback without it.
CAPTURED = frozenset(
    {
        "source",
        "arrived",
        "initial_interest",
        "current_income_range",
        "desired_income_range",
        "time_availability",
        "experience_level",
        "callback_at",
    }
)
PLACEHOLDERS = ASSURED | CAPTURED | {"first_name"}
# Said as words, never as digits.
AMOUNTS = frozenset({"current_income_range", "desired_income_range", "time_availability"})

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """Names in order of appearance, repeats included."""
    return tuple(_PLACEHOLDER.findall(text))


def faults(text: str, fallback: str | None) -> Iterator[tuple[str, str]]:
    """(field, message) for what keeps a text and its fallback from being said in every call."""
    for field, words in (("text", text), ("fallback", fallback or "")):
        for name in placeholders(words):
            if name not in PLACEHOLDERS:
                yield field, f"unknown placeholder {{{name}}}"
        if set(_PLACEHOLDER.sub("", words)) & {"{", "}"}:
            yield field, "a brace without its partner"
    uncertain = [name for name in placeholders(text) if name in CAPTURED]
    if uncertain and fallback is None:
        yield "fallback", f"is needed, since {{{uncertain[0]}}} may be unknown"
    for name in placeholders(fallback or ""):
        if name in PLACEHOLDERS - ASSURED:
            yield "fallback", f"{{{name}}} may be unknown as well"


def sayable(values: Mapping[str, str]) -> dict[str, str]:
    """The values as they are said."""
    return {name: amount_in_words(value) if name in AMOUNTS else value for name, value in values.items()}


def missing(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """Placeholders of a text that have no value, or only blanks."""
    return tuple(name for name in placeholders(text) if not values.get(name, "").strip())


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced; each must have a value."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
