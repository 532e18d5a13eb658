"""The cheapest Telnyx there can be: every command is accepted and passed on, nothing is checked or remembered.

For measuring a server's own cost; what checks and misbehaves is `load.telnyx_sim`.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from load.leg import Leg, new_id

Row = dict[str, Any]
OK = b'{"data":{"result":"ok"}}'


class Sink:
    """`dialled` makes the leg of a dial; `commanded` is told of every command: control id, action, body."""

    def __init__(self, dialled: Callable[[Row], Leg], commanded: Callable[[str, str, Row], None]) -> None:
        self._dialled, self._commanded = dialled, commanded

    def routes(self) -> list[Route]:
        return [
            Route("/v2/calls/{control_id}/actions/{action}", self._act, methods=["POST", "PUT"]),
            Route("/v2/calls", self._dial, methods=["POST"]),
            Route("/v2/calls/{control_id}", self._status, methods=["GET"]),
            Route("/v2/messages", self._message, methods=["POST"]),
            Route("/v2/connections/{connection_id}/active_calls", self._active, methods=["GET"]),
        ]

    async def _act(self, request: Request) -> Response:
        path = request.path_params
        self._commanded(
            unquote(path["control_id"]), path["action"], json.loads(await request.body() or b"{}")
        )
        return _answer(OK)

    async def _dial(self, request: Request) -> Response:
        leg = self._dialled(json.loads(await request.body()))
        facts = {
            "record_type": "call",
            "call_control_id": leg.control_id,
            "call_leg_id": leg.leg_id,
            "call_session_id": leg.session_id,
            "client_state": leg.client_state,
            "is_alive": False,
        }
        return _answer(json.dumps({"data": facts}).encode())

    async def _status(self, request: Request) -> Response:
        return _answer(b'{"data":{"record_type":"call","is_alive":true,"call_duration":0}}')

    async def _message(self, request: Request) -> Response:
        message = {"record_type": "message", "id": new_id(), "errors": []}
        return _answer(json.dumps({"data": message}).encode())

    async def _active(self, request: Request) -> Response:
        return _answer(
            b'{"data":[],"meta":{"page_number":1,"page_size":250,"total_pages":0,"total_results":0}}'
        )


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json")
