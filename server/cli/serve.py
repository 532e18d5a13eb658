"""`voicelearn serve`: the server, one process; any number of them may share the stores."""

import sys
from pathlib import Path
from typing import Any

import click

from server.cli.settings import TOLD, data_option, settings_or_exit, told
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
        _said_briefly(build(settings, worker=worker)),
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


def _said_briefly(app: Any) -> Any:
    """`app`, which says in a line why it cannot start where a person can act on that, instead of a traceback."""

    async def said(scope: Any, receive: Any, send: Any) -> None:
        async def send_briefly(message: Any) -> None:
            error = sys.exc_info()[1]
            if message["type"] == "lifespan.startup.failed" and isinstance(error, TOLD):
                message = message | {"message": told(error)}
            await send(message)

        await app(scope, receive, send_briefly if scope["type"] == "lifespan" else send)

    return said
