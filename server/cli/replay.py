"""`voicelearn replay CALL_ID`: shows that a stored inbox gives the same state and commands again."""

from pathlib import Path
from uuid import UUID

import click

from server.cli.settings import data_option, run, settings_or_exit


@click.command()
@click.argument("call_id", type=click.UUID)
@data_option
def replay(call_id: UUID, data: Path | None) -> None:
    """Re-reduce a stored call and compare. Exit status 1 where it differs, with the difference as a dialogue."""
    settings = settings_or_exit(data)

    from server.replay import Replayed, replay_call
    from server.stores import open_pool

    async def work() -> Replayed:
        async with open_pool(settings, upgrade=False) as pool:
            return await replay_call(call_id, pool)

    try:
        replayed = run(work())
    except LookupError as error:
        raise click.ClickException(str(error.args[0])) from error
    click.echo(replayed.report())
    raise SystemExit(0 if replayed.same else 1)
