"""`voicelearn bench turns`: from a last word to the next command, with and without a worker learning beside it."""

from typing import Any

import click
import orjson

from server.cli.measuring import in_own_folder, measured


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(5),
    help="Of each kind in a round: without a worker, and with one.",
)
@click.option("--live", default=50, show_default=True, type=click.IntRange(1), help="Calls at all times.")
@click.option("--seed", default=1, show_default=True, help="Which people are called, and how they answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def turns(rounds: int, seconds: float, live: int, seed: int, as_json: bool) -> None:
    """From a last word to the next command with live calls at a talking pace."""
    from server.bench.turns import Size, bench

    size = Size(rounds, seconds, live, seed=seed)
    report = measured(in_own_folder(bench, size))
    click.echo(orjson.dumps(report).decode() if as_json else "\n".join(_lines(report, size)))


def _lines(report: dict[str, Any], size: Any) -> list[str]:
    from server.bench.machine import described

    found = report["medians"]
    return [
        described(report["machine"]),
        f"medians of {size.rounds} rounds of {size.seconds:g} s each, {size.live} live calls at a talking pace",
        "",
        f"{'':16}{'turns':>7}{'word → command p50':>20}{'p99 ms':>9}{'ack p50':>9}{'p99 ms':>9}{'learned':>9}",
        _line("without worker", found["without_worker"]),
        _line("with worker", found["with_worker"]),
        "",
        f"with a worker the p99 is {found['with_to_without_p99']} times that without",
    ]


def _line(name: str, found: dict[str, Any]) -> str:
    word, ack = found["word_to_command_ms"], found["webhook_ack_ms"]
    figures = f"{word.get('p50') or '':>20}{word.get('p99') or '':>9}{ack['p50']:>9}{ack['p99']:>9}"
    return f"{name:16}{word['n']:>7}{figures}{found['calls_learned']:>9}"
