"""Verifies a webhook's signature, acknowledges it, and does nothing else: what any server of this kind pays at least.

Run by uvicorn with the flags of `voicelearn serve`; the key is VOICELEARN_TELNYX_PUBLIC_KEY.
"""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.settings import variable
from server.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureRefused, Verifier

PUBLIC_KEY = variable("telnyx_public_key")


def app() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    verifier = Verifier(os.environ[PUBLIC_KEY])

    async def webhook(request: Request) -> Response:
        body, headers = await request.body(), request.headers
        try:
            verifier.verify(body, headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER))
        except SignatureRefused as refusal:
            return Response(str(refusal), 401)
        return Response(b"{}", media_type="application/json")

    return Starlette(routes=[Route("/webhooks/telnyx", webhook, methods=["POST"])])


def command(port: int) -> list[str]:
    """How it is run: `python -m` with these arguments."""
    flags = [
        "--factory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--loop",
        "uvloop",
        "--http",
        "httptools",
    ]
    return ["uvicorn", "server.bench.bare:app", *flags, "--no-access-log", "--log-level", "warning"]
