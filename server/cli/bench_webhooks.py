"""`voicelearn bench webhooks`: acknowledgements a second and how long they take, beside a bare server's."""

from typing import Any

import click
import orjson

from server.cli.measuring import in_own_folder, measured


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option(
    "--seconds",
    default=15.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Of each stretch; there are four a round.",
)
@click.option(
    "--rate",
    default=100.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Webhooks a second of the stretch at a fixed rate.",
)
@click.option(
    "--live", default=50, show_default=True, type=click.IntRange(1), help="Calls at once at that rate."
)
@click.option(
    "--in-flight",
    default=16,
    show_default=True,
    type=click.IntRange(1),
    help="Webhooks under way in the stretch that is as fast as answers come.",
)
@click.option("--seed", default=1, show_default=True, help="Which people are called, and how they answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def webhooks(
    rounds: int, seconds: float, rate: float, live: int, in_flight: int, seed: int, as_json: bool
) -> None:
    """Durable acknowledgements, and from a last word to the next command."""
    from server.bench.webhooks import Size, bench

    size = Size(rounds, seconds, rate=rate, live=live, in_flight=in_flight, seed=seed)
    report = measured(in_own_folder(bench, size))
    click.echo(orjson.dumps(report).decode() if as_json else "\n".join(_lines(report, size)))


def _lines(report: dict[str, Any], size: Any) -> list[str]:
    from server.bench.machine import described

    found = report["medians"]
    mix = ", ".join(f"{name} {share:.0%}" for name, share in report["mix"].items())
    return [
        described(report["machine"]),
        f"medians of {size.rounds} rounds of {size.seconds:g} s a stretch; every webhook is kept and decided",
        "",
        _head(),
        _line(f"ours, {size.rate:g}/s, {size.live} calls", found["fixed_rate"]),
        _line(f"bare, {size.rate:g}/s", found["bare_fixed_rate"]),
        _line(f"ours, {size.in_flight} in flight", found["saturated"]),
        _line(f"bare, {size.in_flight} in flight", found["bare_saturated"]),
        "",
        f"bare acknowledges {found['bare_to_ours_per_s']} times as many a second; "
        f"at {size.rate:g}/s our p99 is {found['ours_to_bare_p99']} times its p99",
        f"processor of the server for a webhook and all that follows from it: "
        f"{found['fixed_rate']['server_cpu_ms']} ms at {size.rate:g}/s, "
        f"{found['saturated']['server_cpu_ms']} ms with {size.in_flight} in flight",
        f"acknowledged and not decided: {sum(one['not_decided'] for one in _ours(report))}",
        f"mix: {mix}",
    ]


def _ours(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [one[stretch] for one in report["rounds"] for stretch in ("fixed_rate", "saturated")]


def _head() -> str:
    return f"{'':28}{'acks/s':>9}{'ack p50':>10}{'p99 ms':>9}{'word → command p50':>20}{'p99 ms':>9}"


def _line(name: str, found: dict[str, Any]) -> str:
    ack, word = found["ack_ms"], found.get("word_to_command_ms", {})
    figures = f"{found['per_s']:>9}{ack['p50']:>10}{ack['p99']:>9}"
    return f"{name:28}{figures}{word.get('p50') or '':>20}{word.get('p99') or '':>9}"
