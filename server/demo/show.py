"""The demo for a person: how far it is, one call as a dialogue, what happened, what was learned, what each
store holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from call_flow.record import Segment
from call_flow.state import CallState
from learning.metrics import ENOUGH
from server.demo.summary import Summary
from storage.calls import CallRow

STRATEGIES = 12


@contextmanager
def progress(console: Console, count: int) -> Iterator[Any]:
    """A bar each for placed, ended and learned; yields what moves them."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks = [bars.add_task(name, total=count) for name in ("placed", "ended", "learned")]

        def move(*done: int) -> None:
            for task, n in zip(tasks, done, strict=True):
                bars.update(task, completed=n)

        yield move


def dialogue(console: Console, row: CallRow, state: CallState, segments: list[Segment]) -> None:
    """One call, line by line, with phase, engagement and strategy beside it."""
    name = state.lead.first_name if state.lead else "?"
    table = Table(title=f"One call: {name}, {state.segment}, ended as {row.final_status}", show_lines=False)
    for column, style in (
        ("phase", "cyan"),
        ("who", ""),
        ("words", ""),
        ("heard as / strategy", "dim"),
        ("eng.", "magenta"),
    ):
        table.add_column(column, style=style, overflow="fold")
    for segment in segments:
        cut = " [cut off]" if segment.interrupted else ""
        heard = segment.strategy or segment.intent or ""
        score = "" if segment.engagement is None else f"{segment.engagement:.0f}"
        table.add_row(str(segment.phase), segment.speaker, segment.text + cut, heard, score)
    console.print(table)


def summary(console: Console, found: Summary) -> None:
    figures = found.figures
    _counts(console, "What happened", figures["outcomes"], figures["phases_reached"])
    _pairs(console, "Hot transfers", figures["transfers"])
    _learned(console, figures["strategies"])
    _pairs(console, "What each store holds of these calls", figures["stores"])
    ledger = Table("store", "synced", "pending", "failed", title="Sync ledger")
    for store, counts in figures["ledger"].items():
        ledger.add_row(store, *(str(counts[name]) for name in ("synced", "pending", "failed")))
    console.print(ledger)
    spans = ("webhook_ack_ms", "word_to_command_ms", "hangup_to_learned_s")
    _pairs(
        console,
        "Latencies (wall time)",
        {s: "  ".join(f"{k} {v}" for k, v in figures[s].items()) for s in spans},
    )
    _pairs(
        console, "Truth against the simulator", {"lost": figures["lost"], "duplicated": figures["duplicated"]}
    )
    wrongs(console, found)


def wrongs(console: Console, found: Summary) -> None:
    """Each loss and each double by name; nothing when all is well."""
    audit = found.audit
    kinds = {"not decided": audit.undecided, "not filed": audit.unheard}
    kinds |= {"took effect twice": audit.twice, "filed twice": audit.stored_twice}
    for kind, names in kinds.items():
        for name in names:
            console.print(f"{kind}: {name}", style="red", markup=False)


def best_call(found: Summary, segments: dict[UUID, int]) -> UUID | None:
    """The call to show: one that was handed over if there is one, of those the longest."""
    ranked = sorted(found.rows, key=lambda r: (str(r.final_status) == "hot_transfer", segments.get(r.id, 0)))
    return ranked[-1].id if ranked else None


def _learned(console: Console, strategies: list[dict[str, Any]]) -> None:
    table = Table("moment", "kind of lead", "strategy", "n", "success (95 %)", title="What was learned")
    for row in strategies[:STRATEGIES]:
        spread = f"{row['mean']:.0%}  ({row['low']:.0%} to {row['high']:.0%})"
        said = spread if row["n"] >= ENOUGH else f"{spread}  not enough yet"
        table.add_row(row["phase"], row["segment"], row["id"], str(row["n"]), said)
    console.print(table)
    if len(strategies) > STRATEGIES:
        console.print(f"… and {len(strategies) - STRATEGIES} more, tried less often", style="dim")


def _counts(console: Console, title: str, outcomes: dict[str, int], phases: dict[str, int]) -> None:
    table = Table("outcome", "calls", "phase reached", "by calls", title=title)
    left, right = list(outcomes.items()), list(phases.items())
    for i in range(max(len(left), len(right))):
        outcome, calls = left[i] if i < len(left) else ("", "")
        phase, n = right[i] if i < len(right) else ("", "")
        table.add_row(outcome, str(calls), phase, str(n))
    console.print(table)


def _pairs(console: Console, title: str, pairs: dict[str, Any]) -> None:
    table = Table(title=title, show_header=False)
    for name, value in pairs.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
