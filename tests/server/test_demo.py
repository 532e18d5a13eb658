"""The demo as a command: one JSON object of which every figure agrees with every other."""

import json
import subprocess
import sys
from typing import Any

import pytest

from call_flow.phases import Phase
from call_flow.status import FinalStatus
from storage.embedded.stack import Stack
from storage.ledger import STORES
from storage.vectors import Kind, Vectors

CALLS = 6  # as many as there are lines
SPEED = 40
STORE_COUNTS = ("postgres_calls", "mongo_conversations", "graph_calls", "chroma_segments", "chroma_scenarios")
FIGURES = {
    "calls_placed", "calls_ended", "outcomes", "phases_reached", "transfers", "stores", "ledger", "lost", "duplicated",
    "webhook_ack_ms", "word_to_command_ms", "hangup_to_learned_s", "strategies",
}  # fmt: skip
Figures = dict[str, Any]

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def printed(stack: Stack) -> str:
    """What a small demo on the session's stack prints on standard output."""
    size = ["--calls", str(CALLS), "--speed", str(SPEED), "--data", str(stack.path.parent)]
    command = [sys.executable, "-m", "server", "demo", *size, "--exit", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def figures(printed: str) -> Figures:
    found: Figures = json.loads(printed)
    return found


def test_one_json_object_is_all_that_is_printed(printed: str, figures: Figures) -> None:
    assert printed.count("\n") == 1
    assert set(figures) == FIGURES


def test_every_call_ended_and_is_in_every_store(figures: Figures) -> None:
    assert figures["calls_placed"] == figures["calls_ended"] == CALLS
    assert set(figures["stores"]) == set(STORE_COUNTS)
    assert [figures["stores"][name] for name in STORE_COUNTS[:3]] == [CALLS] * 3
    assert figures["stores"]["chroma_segments"] > CALLS
    assert figures["ledger"] == {store: {"synced": CALLS, "pending": 0, "failed": 0} for store in STORES}


def test_nothing_was_lost_or_done_twice(figures: Figures) -> None:
    assert (figures["lost"], figures["duplicated"]) == (0, 0)


def test_outcomes_and_phases_are_those_there_are(figures: Figures) -> None:
    assert sum(figures["outcomes"].values()) == CALLS
    assert set(figures["outcomes"]) <= set(FinalStatus)
    assert set(figures["phases_reached"]) <= set(Phase)
    assert max(figures["phases_reached"].values()) <= CALLS


def test_transfers_add_up(figures: Figures) -> None:
    transfers = dict(figures["transfers"])
    attempted, fell_back = transfers.pop("attempted"), transfers.pop("fell_back")
    assert set(transfers) == {"accepted", "declined", "unanswered"}
    assert sum(transfers.values()) == attempted
    assert fell_back <= attempted


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("webhook_ack_ms", "p50", "p99"),
        ("word_to_command_ms", "p50", "p99"),
        ("hangup_to_learned_s", "p50", "p95"),
    ],
)
def test_latencies_were_measured(figures: Figures, name: str, low: str, high: str) -> None:
    assert set(figures[name]) == {low, high}
    assert 0 < figures[name][low] <= figures[name][high]


def test_strategies_are_of_these_calls(figures: Figures) -> None:
    assert figures["strategies"]
    for row in figures["strategies"]:
        assert set(row) == {"id", "phase", "segment", "n", "mean", "low", "high"}
        assert row["phase"] in set(Phase)
        assert row["n"] > 0
        assert 0 <= row["low"] <= row["mean"] <= row["high"] <= 1
    openings = [row["n"] for row in figures["strategies"] if row["phase"] == "greeting"]
    assert sum(openings) <= CALLS


async def test_the_playbook_can_be_found_by_meaning(figures: Figures, stack: Stack) -> None:
    vectors = Vectors.open(stack.urls.vectors)
    try:
        model = await vectors.current()
        for kind in (Kind.STRATEGIES, Kind.RESPONSES, Kind.KNOWLEDGE):
            assert await vectors.count(kind, model=model) > 0, kind
    finally:
        await vectors.close()
