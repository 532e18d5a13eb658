"""`voicelearn bench learning`: does what was learned win more calls than choosing blindly?

Each seed is a world of prospects. The learning policy plays all calls, its statistics renewed after every one; the
uniform policy plays the last of them again with the same prospects. No store and no wire takes part, but the
machine, the recogniser and the policy are those of a live call.
"""

import asyncio
import os
import platform
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, median
from typing import Any

from call_flow.events import Perceived, Vector
from call_flow.lead import Lead
from call_flow.machine import Machine
from call_flow.needs import PolicyVector
from call_flow.record import CallRecord
from call_flow.settings import CallSettings
from call_flow.status import MEANING
from learning.embeddings import DEFAULT_MODEL, AsyncEmbedder
from learning.intervals import Interval, of_mean
from learning.perception import Perceiver
from learning.policy import thompson, uniform
from learning.prediction import Predictor
from learning.prospects import Prospects
from learning.recogniser import Recogniser
from learning.rehearsal import Answers, Choose, Rehearsal
from learning.tally import Tally
from storage.playbook import read_packaged

SETTINGS = CallSettings(
    business="Northway Mentoring",
    agent_name="Ava",
    from_number="+13125550100",
    callback_number="+18005550100",
    video_url="https://example.com/video",
)
# Numbers of people who simply talk; their area codes spread them over the country.
AREAS = ("212", "312", "415", "305", "214", "713", "215", "407")


@dataclass(frozen=True)
class Plan:
    """`calls` a run, of which the last `tail` are compared; `effect`: see `learning.prospects`."""

    calls: int
    tail: int
    effect: float


@dataclass(frozen=True)
class Run:
    """One seed: success of the last calls under either policy, on the same prospects. `seconds` are wall time."""

    seed: int
    effect: float
    learned: float
    uniform: float
    first: float  # success of the learning policy's first `tail` calls
    gain: (
        float  # what the learning policy added to the last calls' chance of success, as the prospects know it
    )
    calls: int
    seconds: float

    @property
    def difference(self) -> float:
        return self.learned - self.uniform


@dataclass(frozen=True)
class Played:
    """A call, and the chance of success that its prospect came to in truth."""

    record: CallRecord
    chance: float


@dataclass(frozen=True)
class Result:
    """All seeds of one world."""

    plan: Plan
    runs: tuple[Run, ...]

    @property
    def difference(self) -> Interval:
        return of_mean([run.difference for run in self.runs])

    @property
    def gain(self) -> Interval:
        """The same without the luck of who says yes."""
        return of_mean([run.gain for run in self.runs])

    def as_json(self) -> dict[str, Any]:
        mean, low, high = self.difference
        return {
            **asdict(self.plan),
            "seeds": len(self.runs),
            "difference": {"mean": mean, "low": low, "high": high},
            "gain": self.gain._asdict(),
            "learned": sum(run.learned for run in self.runs) / len(self.runs),
            "uniform": sum(run.uniform for run in self.runs) / len(self.runs),
            "ms_a_call": median(run.seconds / run.calls * 1e3 for run in self.runs),
            "runs": [asdict(run) for run in self.runs],
        }


class Rehearser:
    """Plays calls in one process: one machine, one recogniser, each utterance understood once."""

    def __init__(self, folder: Path) -> None:
        book = read_packaged()
        self.machine = Machine(book)
        self._loop = asyncio.new_event_loop()
        self._embedder = self._loop.run_until_complete(AsyncEmbedder.open(DEFAULT_MODEL, folder))
        recogniser = Recogniser.fit(book.examples(), self._embedder.embedder)
        self._perceiver = Perceiver(self._embedder, recogniser)
        self._perceived: dict[tuple[str, str], Perceived] = {}
        self._predict = Predictor().probability

    def close(self) -> None:
        self._loop.run_until_complete(self._embedder.close())
        self._loop.close()

    def perceive(self, text: str, zone: str, now: datetime) -> Perceived:
        """All rehearsed calls begin at the same time, so that what was understood once stays true."""
        key = text, zone
        if key not in self._perceived:
            self._perceived[key] = self._loop.run_until_complete(self._perceiver.perceive(text, now, zone))
        return self._perceived[key]

    def play(self, prospects: Prospects, plan: Plan, seed: int, n: int, choose: Choose) -> Played:
        """The `n`th call of a world, to its end."""
        call = self.call(prospects, plan, seed, n, choose)
        call.run()
        truth = prospects.close(call.state.call_id)
        return Played(call.record(), truth["chance"])

    def call(self, prospects: Prospects, plan: Plan, seed: int, n: int, choose: Choose) -> Rehearsal:
        """The `n`th call of a world, not begun."""
        number = f"+1{AREAS[n % len(AREAS)]}2{n:06d}"
        id = f"{seed}:{n}"
        facts, greeting = prospects.open(id, seed, number, plan.effect)
        known = {name: value for name, value in facts.items() if name in Lead.model_fields}
        return Rehearsal(
            self.machine,
            id,
            Lead(**known),
            SETTINGS,
            Answers(self.perceive, choose, self._predict),
            greeting,
            lambda text: prospects.hear(id, text),
        )

    def run(self, plan: Plan, seed: int) -> Run:
        """One seed under both policies. The same call draws the same numbers under either."""
        began = time.perf_counter()
        tally = Tally()
        with Prospects() as prospects:
            learned = [self._learned(prospects, plan, seed, n, tally) for n in range(plan.calls)]
            blind = [
                self.play(prospects, plan, seed, n, _blind(seed, n))
                for n in range(plan.calls - plan.tail, plan.calls)
            ]
        return Run(
            seed=seed,
            effect=plan.effect,
            learned=success(learned[-plan.tail :]),
            uniform=success(blind),
            first=success(learned[: plan.tail]),
            gain=_chance(learned[-plan.tail :]) - _chance(blind),
            calls=len(learned) + len(blind),
            seconds=time.perf_counter() - began,
        )

    def _learned(self, prospects: Prospects, plan: Plan, seed: int, n: int, tally: Tally) -> Played:
        def choose(need: PolicyVector) -> Vector:
            return thompson(need, tally.of(need.moment), _draw(need, seed, n))

        played = self.play(prospects, plan, seed, n, choose)
        tally.learn(played.record)
        return played


def success(calls: Sequence[Played]) -> float:
    """Qualified ÷ conversations."""
    records = [call.record for call in calls if call.record.conversation]
    return sum(bool(MEANING[record.final_status].qualified) for record in records) / max(len(records), 1)


def _chance(calls: Sequence[Played]) -> float:
    return fmean(call.chance for call in calls)


def bench(plans: Sequence[Plan], seeds: Sequence[int], jobs: int, folder: Path) -> Iterator[Run]:
    """Every plan with every seed, on `jobs` processes, as they are done."""
    for library in ("OPENBLAS", "OMP", "MKL"):  # one thread a process: small matrices only lose by more
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin_process, (str(folder),)) as pool:
        waiting = [pool.submit(_run_in_process, plan, seed) for seed in seeds for plan in plans]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def results(plans: Sequence[Plan], runs: Sequence[Run]) -> list[Result]:
    """The runs by plan, in order of seed."""
    ordered = sorted(runs, key=lambda run: run.seed)
    return [Result(plan, tuple(run for run in ordered if run.effect == plan.effect)) for plan in plans]


def machine_facts() -> dict[str, Any]:
    """What it ran on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else iter(()),
        platform.processor(),
    )
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version()}


def _draw(need: PolicyVector, seed: int, n: int) -> float:
    return random.Random(f"{seed}:{n}:{need.key}").random()


def _blind(seed: int, n: int) -> Choose:
    return lambda need: uniform(need.arms, _draw(need, seed, n), "uniform")


_rehearser: Rehearser | None = None


def _begin_process(folder: str) -> None:
    global _rehearser
    _rehearser = Rehearser(Path(folder))


def _run_in_process(plan: Plan, seed: int) -> Run:
    assert _rehearser is not None
    return _rehearser.run(plan, seed)
