"""What happens between a dial and the first word: who the number belongs to, whether and when they pick up,
and what answering-machine detection says about them."""

from typing import Any

from load import draws
from load.closer import Closer, CloserParty, mood
from load.exchange import Exchange
from load.leg import Leg, new_id
from load.machines import Answerphone, ScreeningParty, VoicemailParty
from load.numbers import behaviour_of, is_closer
from load.party import Party, ProspectParty
from load.people import person
from load.prospect import Prospect

_HANGS_UP_AFTER = 40.0
# Behaviour to (seconds until it happens: from, to; hangup cause, source, SIP cause).
_NEVER_ANSWERED: dict[str, tuple[float, float, str, str, str]] = {
    "busy": (1.5, 3.0, "user_busy", "callee", "486"),
    "invalid": (0.5, 1.5, "not_found", "callee", "404"),
    "rejected_403": (0.3, 0.8, "call_rejected", "unknown", "403"),
    "closer_busy": (1.5, 3.0, "user_busy", "callee", "486"),
    "closer_rejects": (3.0, 6.0, "call_rejected", "callee", "603"),
}
_LATE_MACHINES = ("late_machine", "closer_late_machine")
_MACHINES = ("voicemail", "closer_voicemail", *_LATE_MACHINES)


def dial(exchange: Exchange, body: dict[str, Any], to: str, linked: Leg | None = None) -> Leg:
    """A new outbound leg that rings; body: the dial's parameters; linked: whose session it shares."""
    leg = Leg(
        connection_id=str(body.get("connection_id") or (linked.connection_id if linked else "")),
        from_=linked.from_ if linked and body.get("bridge_intent") else str(body["from"]),
        to=to,
        direction="outgoing",
        behaviour=behaviour_of(to, exchange.closers),
        webhook_url=str(body.get("webhook_url") or exchange.webhook_url),
        started_at=exchange.clock.now(),
        client_state=body.get("client_state"),
        dialled=dict(body),
    )
    if linked:
        leg.session_id = linked.session_id
    if body.get("record") == "record-from-answer":
        leg.dialled["recording_id"] = new_id()
    leg.stays_parked = body.get("park_after_unbridge") == "self"
    if body.get("bridge_on_answer"):
        leg.bridge_on_answer = linked
    exchange.add(leg)
    leg.party = _party(exchange, leg)
    exchange.spawn(_ring(exchange, leg), leg)
    return leg


def inbound(exchange: Exchange, caller: str, called: str, connection_id: str) -> Leg:
    """Somebody calls us; the leg is parked until it is answered, rejected, or the caller gives up."""
    leg = Leg(
        connection_id=connection_id,
        from_=caller,
        to=called,
        direction="incoming",
        behaviour=behaviour_of(caller),
        webhook_url=exchange.webhook_url,
        started_at=exchange.clock.now(),
    )
    exchange.add(leg)
    leg.party = _prospect_party(exchange, leg)
    exchange.spawn(_give_up(exchange, leg), leg)
    return leg


async def _give_up(exchange: Exchange, leg: Leg) -> None:
    await exchange.clock.sleep(_HANGS_UP_AFTER)
    if leg.state == "ringing":
        exchange.end(leg, "originator_cancel", "caller", "487")


def _mind(exchange: Exchange, leg: Leg) -> Prospect:
    return Prospect(person(exchange.seed, leg.number), leg.behaviour, exchange.knobs.effect, leg.nth)


def _prospect_party(exchange: Exchange, leg: Leg) -> Party:
    return ProspectParty(exchange, leg, _mind(exchange, leg))


def _party(exchange: Exchange, leg: Leg) -> Party:
    """Who sits at the far end. A mixed closer's mood is by the closer and the prospect whose session it is."""
    if leg.behaviour == "closer_mixed":
        first = exchange.sessions[leg.session_id][0]
        occasion = first.number if first is not leg else f"{leg.number} {leg.nth}"
        leg.behaviour = f"closer_{mood(leg.behaviour, exchange.seed, leg.number, occasion, first.nth)}"
    if leg.behaviour in _MACHINES:
        return VoicemailParty(exchange, leg, Answerphone(_mind(exchange, leg)))
    if is_closer(leg.behaviour):
        return CloserParty(exchange, leg, Closer(person(exchange.seed, leg.number), leg.behaviour, leg.nth))
    if leg.behaviour == "screening":
        return ScreeningParty(exchange, leg, _mind(exchange, leg))
    return _prospect_party(exchange, leg)


def _between(exchange: Exchange, leg: Leg, low: float, high: float, name: str) -> float:
    return draws.between(low, high, exchange.seed, leg.number, leg.nth, name)


def _rings_for(exchange: Exchange, leg: Leg) -> float | None:
    """Seconds until it is picked up; None when nobody comes."""
    if leg.behaviour in ("rings_out", "closer_no_answer"):
        return None
    if leg.behaviour in _MACHINES:
        return _between(exchange, leg, 14, 18, "ring")
    low, high = (4, 10) if leg.role == "closer" else (3, 12)
    return _between(exchange, leg, low, high, "ring")


async def _ring(exchange: Exchange, leg: Leg) -> None:
    if leg.behaviour in _NEVER_ANSWERED:
        low, high, *hangup = _NEVER_ANSWERED[leg.behaviour]
        await exchange.clock.sleep(_between(exchange, leg, low, high, "refused"))
        exchange.end(leg, *hangup)
        return
    timeout = float(leg.dialled.get("timeout_secs") or 30)
    rings = _rings_for(exchange, leg)
    await exchange.clock.sleep(min(timeout, timeout if rings is None else rings))
    if rings is None or rings >= timeout:
        cause = "timeout" if leg.dialled.get("retry_on_timeout", True) else "no_answer"
        exchange.end(leg, cause, "caller", "487")
        return
    exchange.answer(leg)
    exchange.spawn(_detect(exchange, leg), leg)
    await exchange.clock.sleep(float(leg.dialled.get("time_limit_secs") or 14400))
    exchange.end(leg, "time_limit", "unknown", "200")


# ---- answering-machine detection


def _verdict(exchange: Exchange, leg: Leg) -> str:
    """human, machine or not_sure, as standard detection says it; now and then unsure of a human."""
    if leg.behaviour in _MACHINES:
        return "not_sure" if leg.behaviour in _LATE_MACHINES else "machine"
    if leg.behaviour in ("screening", "silent"):
        return "not_sure"
    return "not_sure" if _between(exchange, leg, 0, 1, "unsure") < 0.05 else "human"


def _say_verdict(exchange: Exchange, leg: Leg, result: str) -> None:
    mode = str(leg.dialled["answering_machine_detection"])
    ends: dict[str, Any] = {"from": leg.from_, "to": leg.to}
    if mode.startswith("premium"):
        named = "human_residence" if result == "human" else result
        exchange.emit(leg, "call.machine.premium.detection.ended", **ends, result=named)
    else:
        exchange.emit(leg, "call.machine.detection.ended", **ends, result=result)
    if result == "machine" and exchange.knobs.cancel_speak_on_machine:
        leg.voice.stop(True, "cancelled_amd")


async def _detect(exchange: Exchange, leg: Leg) -> None:
    mode = str(leg.dialled.get("answering_machine_detection") or "disabled")
    if mode == "disabled":
        return
    if mode.startswith("premium"):
        exchange.emit(leg, "call.machine.premium.detection.started")
    await exchange.clock.sleep(_between(exchange, leg, 1.8, 4.0, "verdict"))
    if mode == "premium_ios_call_screening_detection" and leg.behaviour == "screening":
        exchange.emit(leg, "call.machine.premium.call_screening.detected", result="screening")
    _say_verdict(exchange, leg, _verdict(exchange, leg))
    if leg.behaviour in _LATE_MACHINES:
        await exchange.clock.sleep(_between(exchange, leg, 3.0, 6.0, "late verdict"))
        _say_verdict(exchange, leg, "machine")
