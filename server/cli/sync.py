"""`voicelearn sync`: what each store still lacks, brought in; `sync --rebuild STORE` fills one from the others."""

import asyncio
from pathlib import Path

import click
import orjson

from learning.sync import SyncReport, SyncState
from server.cli.settings import data_option, run, settings_or_exit
from storage.ledger import STORES, Store


@click.command()
@data_option
@click.option("--watch", is_flag=True, help="Go on until interrupted.")
@click.option("--show", is_flag=True, help="Only show the ledger.")
@click.option(
    "--rebuild", type=click.Choice(STORES), default=None, help="Fill this store again from Postgres."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object (with --watch one a pass).")
def sync(data: Path | None, watch: bool, show: bool, rebuild: Store | None, as_json: bool) -> None:
    """Show the sync ledger and work off what is behind."""
    from server.learning_parts import open_learning

    async def work() -> bool:
        async with open_learning(settings_or_exit(data)) as parts:
            while True:
                report = SyncReport()
                if rebuild is not None:
                    report = await parts.sync.rebuild(rebuild)
                elif not show:
                    report = await parts.sync.until_done("watch" if watch else "command")
                state = await parts.sync.state()
                click.echo(_json(state, report) if as_json else "\n".join(_table(state, report)))
                if not watch:
                    return state.behind == 0
                await asyncio.sleep(1.0)

    try:
        settled = run(work())
    except KeyboardInterrupt:
        return
    if not settled and not show:
        raise SystemExit(1)


def _json(state: SyncState, report: SyncReport) -> str:
    run_ = {"done": report.done, "failed": report.failed, "by_store": dict(report.by_store)}
    return orjson.dumps(state.as_json() | {"run": run_, "behind": state.behind}).decode()


def _table(state: SyncState, report: SyncReport) -> list[str]:
    lines = [f"{'store':<10}{'synced':>8}{'pending':>9}{'failed':>8}  oldest, error"]
    for store in state.stores:
        oldest = store.oldest.isoformat(" ", "seconds") if store.oldest else ""
        why = ", ".join(filter(None, (oldest, store.error)))
        lines.append(f"{store.store:<10}{store.synced:>8}{store.pending:>9}{store.failed:>8}  {why}".rstrip())
    if report.done or report.failed:
        lines.append(f"{report.done} brought in, {report.failed} not")
    return lines
