"""The simulator's own face, under /sim: knobs, inbound calls, and reports of what happened in truth."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from load.clock import iso
from load.commands import e164
from load.exchange import Exchange
from load.journal import Row
from load.leg import Leg
from load.party import Party
from load.people import public_facts
from load.prospect import Prospect
from load.refusal import Refusal
from load.ringing import inbound


class SimApi:
    """Reports are read by tests and demos; none of it exists at Telnyx."""

    def __init__(self, exchange: Exchange, public_key: str) -> None:
        self._exchange = exchange
        self._public_key = public_key

    def routes(self) -> list[Route]:
        return [
            Route("/sim/public_key", self._show_key, methods=["GET"]),
            Route("/sim/health", self._health, methods=["GET"]),
            Route("/sim/knobs", self._knobs, methods=["GET", "POST"]),
            Route("/sim/inbound", self._inbound, methods=["POST"]),
            Route("/sim/report", self._report, methods=["GET"]),
            Route("/sim/metrics", self._metrics, methods=["GET"]),
        ]

    async def _show_key(self, request: Request) -> Response:
        return JSONResponse({"public_key": self._public_key})

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"now": iso(self._exchange.clock.now()), "live_legs": self._exchange.live})

    async def _knobs(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._exchange.knobs.turn(await request.json())
            except (ValueError, TypeError, KeyError, AttributeError) as problem:
                return JSONResponse({"error": str(problem)}, 400)
        return JSONResponse(self._exchange.knobs.facts())

    async def _inbound(self, request: Request) -> Response:
        try:
            body = await request.json()
            caller, called = e164(body.get("from")), e164(body.get("to"))
            leg = inbound(self._exchange, caller, called, str(body.get("connection_id", "")))
        except Refusal as no:
            return JSONResponse(no.body(), no.status)
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return JSONResponse(_leg_row(leg))

    async def _metrics(self, request: Request) -> Response:
        return JSONResponse(self._exchange.journal.metrics("raw" in request.query_params))

    async def _report(self, request: Request) -> Response:
        """?since=: wall epoch seconds or the clock's ISO time; rows of earlier times are left out."""
        try:
            since = _since(request.query_params.get("since"), self._exchange)
        except ValueError as problem:
            return JSONResponse({"error": f"since: {problem}"}, 400)
        return JSONResponse(report(self._exchange, since))


def _since(text: str | None, exchange: Exchange) -> str:
    """An ISO time of the shared clock; empty for everything."""
    if not text:
        return ""
    try:
        wall = float(text)
    except ValueError:
        return iso(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
    clock = exchange.clock
    return iso(clock.epoch + (wall - clock.origin) * clock.rate)


def report(exchange: Exchange, since: str = "") -> Row:
    """Everything that was sent, received, said and meant, at or after `since`."""
    journal = exchange.journal
    utterances = [row for row in journal.utterances if row["started_at"] >= since]
    legs = [leg for leg in exchange.legs.values() if iso(leg.started_at) >= since]
    return {
        "now": iso(exchange.clock.now()),
        "seed": exchange.seed,
        "knobs": exchange.knobs.facts(),
        "events": [row for row in journal.events if row["occurred_at"] >= since],
        "commands": [row for row in journal.commands if row["at"] >= since],
        "utterances": utterances,
        "transcribed_after_bridge": sum(
            row["after_bridge"] and row["event_id"] is not None for row in utterances
        ),
        "legs": list(map(_leg_row, legs)),
        "messages": [row for row in journal.messages if row["at"] >= since],
        "prospects": [found for leg in legs if (found := _truth(leg))],
        "faults": journal.faults,
    }


def _when(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)


def _leg_row(leg: Leg) -> Row:
    return {
        "call_control_id": leg.control_id,
        "call_leg_id": leg.leg_id,
        "call_session_id": leg.session_id,
        "connection_id": leg.connection_id,
        "client_state": leg.client_state,
        "role": leg.role,
        "behaviour": leg.behaviour,
        "direction": leg.direction,
        "to": leg.to,
        "from": leg.from_,
        "nth": leg.nth,
        "state": leg.state,
        "started_at": iso(leg.started_at),
        "answered_at": _when(leg.answered_at),
        "bridged_at": _when(leg.bridged_at),
        "ended_at": _when(leg.ended_at),
        "hangup_cause": leg.hangup_cause,
        "transcribing": leg.transcription is not None,
    }


def _truth(leg: Leg) -> Row | None:
    party: Any = leg.party
    if not isinstance(party, Party) or not isinstance(party.mind, Prospect):
        return None
    return {
        "call_leg_id": leg.leg_id,
        "call_session_id": leg.session_id,
        "client_state": leg.client_state,
        "number": leg.number,
        "behaviour": leg.behaviour,
        "person": public_facts(party.mind.person),
        "truth": party.mind.truth(),
    }
