"""Prospects without a network: JSON lines on standard input and output, for benches of thousands of calls.

{"open": {"id", "seed", "number", "effect"}} -> {"id", "person", "say", "after"}: public facts, first words
{"id", "heard": text}  -> {"id", "say": text or null, "hangup", "after": s, "interrupted": share or null}
{"id", "close": true}  -> {"id", "truth": {...}}
An unusable request is answered by {"error": ...}; "id" is any JSON value and names a call from open to close.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from load.numbers import behaviour_of
from load.people import person, public_facts
from load.prospect import Prospect

Request = dict[str, Any]


def open_call(seed: int, number: str, effect: float = 0.10, nth: int = 0) -> Prospect:
    """The prospect who picks up `number` in the world of `seed`; nth: which call to this number it is."""
    return Prospect(person(seed, number), behaviour_of(number), effect, nth)


class Bench:
    """The open calls of one process."""

    def __init__(self) -> None:
        self._calls: dict[Any, Prospect] = {}

    def answer(self, request: Request) -> Request:
        """One request's answer; a bad request changes nothing."""
        try:
            return self._answer(request)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            return {"error": f"{type(problem).__name__}: {problem}"}

    def _answer(self, request: Request) -> Request:
        if "open" in request:
            return self._open(**request["open"])
        call = request["id"]
        if request.get("close"):
            return {"id": call, "truth": self._calls.pop(call).truth()}
        return {"id": call, **self._hear(self._calls[call], request["heard"])}

    def _open(self, id: Any, seed: int, number: str, effect: float = 0.10) -> Request:
        prospect = self._calls[id] = open_call(seed, number, effect)
        first = prospect.greet()
        return {"id": id, "person": public_facts(prospect.person), "say": first.text, "after": first.delay}

    def _hear(self, prospect: Prospect, text: str) -> Request:
        share = prospect.interrupts(text)
        reply = prospect.hear(text) if share is None else prospect.interrupt(text, share)
        return {"say": reply.text, "hangup": reply.hang_up, "after": reply.delay, "interrupted": share}


def answers(lines: Iterable[str]) -> Iterator[str]:
    """One JSON line for each JSON line that is not blank."""
    bench = Bench()
    for line in lines:
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
        except ValueError as problem:
            yield json.dumps({"error": f"not JSON: {problem}"})
            continue
        yield json.dumps(bench.answer(asked))


def main() -> None:
    for line in answers(sys.stdin):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
