"""Prospects to rehearse with, in a process of their own that speaks JSON lines: whoever is behind it may be
replaced, and nothing of theirs is imported here.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Self

from learning.rehearsal import Reply

COMMAND = (sys.executable, "-m", "load.prospects")


class Prospects:
    """One child process; a context manager that ends it."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._child.wait(timeout=10)

    def open(self, id: str, seed: int, number: str, effect: float) -> tuple[dict[str, str], Reply]:
        """The public facts of the person behind `number` in the world of `seed`, and their first words.

        `effect`: what one matched moment adds to the chance of success, 0 to 0.10.
        """
        answer = self._ask({"open": {"id": id, "seed": seed, "number": number, "effect": effect}})
        return answer["person"], Reply(say=answer["say"], after=answer["after"])

    def hear(self, id: str, text: str) -> Reply:
        answer = self._ask({"id": id, "heard": text})
        return Reply(answer["say"], answer["after"], answer["hangup"], answer["interrupted"])

    def close(self, id: str) -> dict[str, Any]:
        """What was hidden of the person; the call is forgotten."""
        truth: dict[str, Any] = self._ask({"id": id, "close": True})["truth"]
        return truth

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(request) + "\n")
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the prospects' process ended with status {self._child.poll()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the prospects' process refused a request: {answer['error']}")
        return answer
