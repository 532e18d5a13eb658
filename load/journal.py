"""Everything that crossed the wire or was said, for reports that judge the server from outside.

Rows are plain dictionaries, appended when the thing happens and completed in place.
"""

import json
import time
from pathlib import Path
from typing import Any, TextIO

from load.clock import Clock, iso

Row = dict[str, Any]
TURNS = ("speak", "hangup", "bridge", "dial", "transfer", "gather_using_speak")


def _percentile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def spread(values: list[float]) -> Row:
    """n, p50, p95, p99 and the greatest of some durations."""
    ordered = sorted(values)
    points = {f"p{share}": _percentile(ordered, share / 100) for share in (50, 95, 99)}
    return {"n": len(ordered), **points, "max": ordered[-1] if ordered else None}


class Journal:
    """directory: where webhooks.jsonl and commands.jsonl are written, if anywhere."""

    def __init__(self, clock: Clock, directory: Path | None = None) -> None:
        self.clock = clock
        self.events: list[Row] = []
        self.commands: list[Row] = []
        self.utterances: list[Row] = []
        self.messages: list[Row] = []
        self.faults: list[str] = []
        self.ack_ms: list[float] = []
        self.word_to_command_ms: list[float] = []
        self._awaiting: dict[str, float] = {}
        self._files: dict[str, TextIO] = {}
        if directory:
            directory.mkdir(parents=True, exist_ok=True)
            for name in ("webhooks", "commands"):
                self._files[name] = (directory / f"{name}.jsonl").open("a", buffering=1, encoding="utf-8")

    def record(self, kind: str, row: Row) -> None:
        """One line of webhooks.jsonl or commands.jsonl, as it went over the wire."""
        file = self._files.get(kind)
        if file:
            now = self.clock.now()
            file.write(json.dumps({**row, "time": iso(now), "wall": time.time()}) + "\n")

    def event(self, row: Row) -> Row:
        self.events.append(row)
        return row

    def utterance(self, row: Row) -> Row:
        self.utterances.append(row)
        return row

    def command(self, row: Row) -> None:
        """A request on the API; one that took effect answers the words its session was waiting on."""
        self.commands.append(row)
        if row["effect"] and row["action"] in TURNS:
            sent = self._awaiting.pop(row["call_session_id"] or "", None)
            if sent is not None:
                self.word_to_command_ms.append((row["wall"] - sent) * 1000)

    def words_sent(self, session: str, wall: float) -> None:
        """The first attempt of a final transcription that awaits an answer went out; later words replace it."""
        self._awaiting[session] = wall

    def acknowledged(self, row: Row, milliseconds: float) -> None:
        self.ack_ms.append(milliseconds)
        row["acked_at"] = row["acked_at"] or iso(self.clock.now())

    def metrics(self, raw: bool = False) -> Row:
        """Wall milliseconds: webhook sent to acknowledged, last word's webhook sent to next command received."""
        found: Row = {
            "webhook_ack_ms": spread(self.ack_ms),
            "word_to_command_ms": spread(self.word_to_command_ms),
            "webhooks": len(self.events),
            "attempts": sum(row["attempts"] for row in self.events),
            "unacknowledged": sum(row["acked_at"] is None for row in self.events),
            "given_up": sum(row["given_up"] for row in self.events),
            "commands": len(self.commands),
            "faults": len(self.faults),
        }
        if raw:
            found["raw"] = {"webhook_ack_ms": self.ack_ms, "word_to_command_ms": self.word_to_command_ms}
        return found

    def close(self) -> None:
        for file in self._files.values():
            file.close()
