"""`voicelearn bench claims`: races for closers whose holders crash. Ends with status 1 where one was promised twice."""

import sys
from typing import Any

import click
import orjson

from server.cli.measuring import measured


@click.command()
@click.option("--races", default=10_000, show_default=True, type=click.IntRange(1))
@click.option(
    "--processes", default=4, show_default=True, type=click.IntRange(1, 8), help="Of ten rivals each."
)
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def claims(races: int, processes: int, seed: int, as_json: bool) -> None:
    """Ten thousand races for a closer, on a Postgres of their own."""
    report = measured(_report(races, processes, seed))
    click.echo(orjson.dumps(report).decode() if as_json else "\n".join(_lines(report)))
    if report["violations"]:
        sys.exit(1)


async def _report(races: int, processes: int, seed: int) -> dict[str, Any]:
    from server.bench.claims import Size, bench, own_postgres
    from server.bench.machine import machine

    found = {"machine": machine(), "seed": seed}
    async with own_postgres() as (url, folder):
        return found | await bench(Size(races=races, processes=processes, seed=seed), url, folder)


def _lines(report: dict[str, Any]) -> list[str]:
    from server.bench.machine import described

    free = report["free_again_after_expiry_ms"]
    return [
        described(report["machine"]),
        f"{report['races']} races in {report['seconds']} s, seed {report['seed']}",
        *(
            f"  {world['closers']} closers: {world['races']} races, {world['won']} won, {world['claims']} claims"
            for world in report["worlds"]
        ),
        f"{report['claims']} claims, of which {report['never_released']} were never released; "
        f"{report['processes_killed']} processes killed",
        f"from a claim's expiry to the next claim: p50 {free['p50']} ms, p99 {free['p99']} ms, max {free['max']} ms",
        f"{report['looks_of_the_observer']} looks at availability meanwhile",
        f"double bookings: {report['double_bookings']}",
        f"claims alive more than 1 s past their time: {report['alive_past_their_time']}",
        *report["violations"],
    ]
