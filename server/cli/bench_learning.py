"""`voicelearn bench learning`: the learning policy against blind choice, with a 95 % interval."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from server.cli.settings import data_option, settings_or_exit

if TYPE_CHECKING:
    from learning.bench import Run


@click.command()
@data_option
@click.option("--calls", default=600, show_default=True, type=click.IntRange(2), help="Calls a run.")
@click.option(
    "--tail", default=200, show_default=True, type=click.IntRange(1), help="Of which the last are compared."
)
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(2), help="Worlds of prospects.")
@click.option("--first-seed", default=1, show_default=True)
@click.option(
    "--effect",
    "effects",
    multiple=True,
    default=(0.10, 0.0),
    show_default=True,
    type=click.FloatRange(0, 0.10),
    help="What one matched moment adds at most to the chance of success; may be given several times.",
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def learning(
    data: Path | None,
    calls: int,
    tail: int,
    seeds: int,
    first_seed: int,
    effects: tuple[float, ...],
    jobs: int,
    as_json: bool,
) -> None:
    """What was learned against blind choice, on simulated prospects."""
    from learning.bench import Plan, bench, machine_facts, results
    from learning.embeddings import models_folder

    plans = [Plan(calls, min(tail, calls), effect) for effect in dict.fromkeys(effects)]
    worlds = range(first_seed, first_seed + seeds)
    began = time.perf_counter()
    runs: list[Run] = []
    working = bench(plans, worlds, jobs, models_folder(settings_or_exit(data).data))
    for run in working:
        runs.append(run)
        click.echo(f"{len(runs)}/{len(plans) * seeds} {_told(run)}", err=True)
    report = {
        "machine": machine_facts(),
        "seconds": round(time.perf_counter() - began, 1),
        "worlds": [result.as_json() for result in results(plans, runs)],
    }
    click.echo(orjson.dumps(report).decode() if as_json else "\n".join(_lines(report)))


def _told(run: "Run") -> str:
    world = f"seed {run.seed}, effect {run.effect:.0%}"
    return f"{world}: learned {run.learned:.1%}, uniform {run.uniform:.1%}, {run.seconds:.0f} s"


def _lines(report: dict[str, Any]) -> list[str]:
    on = report["machine"]
    lines = [f"{on['processor']}, {on['cores']} cores, Python {on['python']}; {report['seconds']} s in all"]
    for world in report["worlds"]:
        gain = world["difference"]
        size = f"{world['seeds']} seeds of {world['calls']} calls"
        lines += [
            "",
            f"effect of a matched moment: {world['effect']:.0%} at most; {size}",
            f"success of the last {world['tail']}: learned {world['learned']:.1%}, uniform {world['uniform']:.1%}",
            f"difference {_spread(gain)}: {_verdict(gain)}",
            f"without the luck of who says yes: {_spread(world['gain'])}",
            f"{world['ms_a_call']:.0f} ms a call (median of the runs)",
        ]
    return lines


def _spread(gain: dict[str, float]) -> str:
    return f"{gain['mean']:+.1%}, 95 % interval {gain['low']:+.1%} to {gain['high']:+.1%}"


def _verdict(gain: dict[str, float]) -> str:
    if gain["low"] > 0:
        return "above zero"
    return "holds zero" if gain["high"] >= 0 else "below zero"
