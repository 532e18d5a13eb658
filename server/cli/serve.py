"""`voicelearn serve`: the server, one process; any number of them may share the stores."""

from pathlib import Path

import click

from server.cli.settings import data_option, settings_or_exit
from server.logs import log_to_stderr


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--worker", is_flag=True, help="Learn in this process, too.")
@data_option
def serve(host: str, port: int, worker: bool, data: Path | None) -> None:
    """Receive webhooks, drive calls, answer the API."""
    settings = settings_or_exit(data)
    log_to_stderr()
    for missing in settings.missing():
        click.echo(f"not set: {missing}", err=True)

    import uvicorn

    from server.app import build

    uvicorn.run(
        build(settings, worker=worker),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
