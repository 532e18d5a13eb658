"""`voicelearn demo`: the main job on real input in one command."""

import asyncio
import json
import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--calls",
    default=60,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Of one day: the law ends it after about a thousand.",
)
@click.option(
    "--speed",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1, 100),
    help="Business seconds a second.",
)
@click.option("--seed", default=1, show_default=True, help="Which people are called, and how they answer.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Kept between runs.  [a temporary folder]",
)
@click.option(
    "--exit", "leave", is_flag=True, help="End when the calls are learned, without waiting for a key."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every webhook and command there, as it went over the wire.",
)
def demo(
    calls: int, speed: float, seed: int, data: Path | None, leave: bool, as_json: bool, record: Path | None
) -> None:
    """Play calls against a simulated Telnyx and show what was learned."""
    import httpx

    from server.demo.child import ChildFailed
    from server.demo.floor import FloorError
    from storage.away import StoreAway
    from storage.embedded.errors import StackError

    folder = data or Path(tempfile.mkdtemp(prefix="voicelearn-demo-"))
    try:
        asyncio.run(_play(folder, calls, speed, seed, leave, as_json, record))
    except (ChildFailed, FloorError, StackError, StoreAway, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
    except httpx.HTTPError as error:
        raise click.ClickException(f"server or simulator does not answer: {error!r}") from error
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _play(
    folder: Path, calls: int, speed: float, seed: int, leave: bool, as_json: bool, record: Path | None
) -> None:
    from rich.console import Console

    from server.demo import floor, show
    from server.demo.summary import summarise
    from server.demo.world import Options, World, weekday
    from storage.calls import Calls

    console = Console(stderr=as_json)
    console.print("Starting five stores, server, worker and a simulated Telnyx …")
    run = _next_run(folder)
    options = Options(folder, rate=speed, seed=seed + 1000 * run, epoch=weekday(run), record=record)
    async with World(options) as world:
        numbers = await floor.prepare(world, calls + calls // 5 + 20)
        bars = show.progress(console, calls) if console.is_terminal else nullcontext(None)
        with bars as move:
            day = await floor.work(world, numbers, calls, move)
        found = await summarise(world, day)
        if as_json:
            show.wrongs(console, found)
            click.echo(json.dumps(found.figures))
            return
        transcripts = {row.id: await Calls(world.pool).transcript(row.id) for row in found.rows}
        best = show.best_call(found, {id: len(segments) for id, segments in transcripts.items()})
        if best is not None:
            row = next(row for row in found.rows if row.id == best)
            show.dialogue(console, row, found.states[best], transcripts[best])
        show.summary(console, found)
        await _linger(console, world, leave)


async def _linger(console: Any, world: Any, leave: bool) -> None:
    """Keeps everything running until a key, for a look around."""
    if leave or not console.is_terminal:
        return
    console.print(f"The API is at {world.api.base_url} with bearer token {world.token}. Press Enter to end.")
    await asyncio.to_thread(input)


def _next_run(folder: Path) -> int:
    """Which run on this folder it is, from 0: each is another weekday, with other people."""
    folder.mkdir(parents=True, exist_ok=True)
    counter = folder / "demo.json"
    run = int(json.loads(counter.read_text())["runs"]) if counter.exists() else 0
    counter.write_text(json.dumps({"runs": run + 1}))
    return run
