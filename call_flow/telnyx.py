"""Telnyx's webhooks in the call's own terms: whose they are (`route`) and what they say (`translate`). Neither
raises on odd input:
an unlisted event type or value is an ordinary day."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from call_flow.events import (
    Body,
    CallArrived,
    Digit,
    Heard,
    LegAnswered,
    LegBridged,
    LegHungUp,
    LegInitiated,
    MachineDetected,
    MachineGreetingEnded,
    MessageUpdated,
    Noted,
    RecordingSaved,
    SpeakEnded,
    SpeakStarted,
)
from call_flow.model import Frozen

_NAMESPACE = uuid5(NAMESPACE_URL, "voicelearn")
Data = Mapping[str, Any]


class Route(Frozen):
    """Whose webhook it is, as far as it says so itself. `client_state` is last command wins, so `line` is only
    a hint.
    """

    call_id: UUID | None = None
    leg: str | None = None
    line: int | None = None
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None


def call_id_of_session(call_session_id: str) -> UUID:
    """The id of the inbound call that this session began: the same for every copy of its first webhook."""
    return uuid5(_NAMESPACE, f"session:{call_session_id}")


def command_id(call_id: UUID, key: str) -> UUID:
    """The id by which Telnyx ignores a repeat for 60 s, and we for ever."""
    return uuid5(_NAMESPACE, f"command:{call_id}:{key}")


def client_state(call_id: UUID, leg: str, line: int | None = None) -> str:
    """Base64 JSON that comes back on the leg's webhooks."""
    state = {"c": str(call_id), "l": leg} | ({} if line is None else {"n": line})
    return base64.b64encode(json.dumps(state, separators=(",", ":")).encode()).decode()


def route(data: Data) -> Route:
    """Whose webhook `data` is (the envelope's `data` object); fields it lacks or garbles are None."""
    payload = _payload(data)
    state = _read_client_state(payload.get("client_state"))
    return Route(
        call_id=_uuid(state.get("c")),
        leg=_text(state.get("l")),
        line=state.get("n") if isinstance(state.get("n"), int) else None,
        call_control_id=_text(payload.get("call_control_id")),
        call_leg_id=_text(payload.get("call_leg_id")),
        call_session_id=_text(payload.get("call_session_id")),
    )


def is_inbound_start(data: Data) -> bool:
    """Whether this webhook begins a call that somebody placed to us."""
    return data.get("event_type") == "call.initiated" and _payload(data).get("direction") == "incoming"


def message_of(data: Data) -> tuple[str, str]:
    """The id of a message's webhook, and the number that it goes to; "" for what it does not say."""
    payload = _payload(data)
    return _str(payload, "id"), _str(_recipient(payload), "phone_number")


def translate(data: Data, leg: str) -> Body:
    """The webhook as a call event of `leg`; `Noted` for what the call does not use."""
    event_type = str(data.get("event_type", ""))
    reader = _READERS.get(event_type)
    if reader is None:
        return Noted(event_type=event_type)
    return reader(_payload(data), leg, route(data).line)


def _initiated(payload: Data, leg: str, line: int | None) -> Body:
    if payload.get("direction") == "incoming":
        ends = {"from_number": _str(payload, "from"), "to_number": _str(payload, "to")}
        return CallArrived(leg=leg, **ends, **_ids(payload))
    return LegInitiated(leg=leg, **_ids(payload))


def _ids(payload: Data) -> dict[str, str]:
    return {name: _str(payload, name) for name in ("call_control_id", "call_leg_id", "call_session_id")}


def _hangup(payload: Data, leg: str, line: int | None) -> Body:
    return LegHungUp(
        leg=leg,
        cause=_str(payload, "hangup_cause", "unspecified"),
        source=_str(payload, "hangup_source", "unknown"),
        sip_cause=_str(payload, "sip_hangup_cause", "unspecified"),
    )


def _transcription(payload: Data, leg: str, line: int | None) -> Body:
    data = payload.get("transcription_data")
    if not isinstance(data, Mapping) or data.get("transcription_track") == "outbound":
        return Noted(event_type="call.transcription")
    return Heard(
        leg=leg,
        text=_str(data, "transcript").strip(),
        final=data.get("is_final") is True,
        confidence=_share(data.get("confidence")),
    )


def _recording(payload: Data, leg: str, line: int | None) -> Body:
    urls = payload.get("recording_urls")
    links = {k: v for k, v in urls.items() if isinstance(v, str)} if isinstance(urls, Mapping) else {}
    return RecordingSaved(recording_id=_text(payload.get("recording_id")), urls=links)


def _message(payload: Data, leg: str, line: int | None) -> Body:
    return MessageUpdated(
        message_id=_str(payload, "id"), status=_str(_recipient(payload), "status", "unknown")
    )


def _recipient(payload: Data) -> Data:
    to = payload.get("to")
    return to[0] if isinstance(to, list) and to and isinstance(to[0], Mapping) else {}


_READERS: dict[str, Callable[[Data, str, int | None], Body]] = {
    "call.initiated": _initiated,
    "call.answered": lambda p, leg, n: LegAnswered(leg=leg, **_ids(p)),
    "call.bridged": lambda p, leg, n: LegBridged(leg=leg),
    "call.hangup": _hangup,
    "call.machine.detection.ended": lambda p, leg, n: MachineDetected(leg=leg, result=_str(p, "result")),
    "call.machine.premium.detection.ended": lambda p, leg, n: MachineDetected(
        leg=leg, result=_str(p, "result")
    ),
    "call.machine.premium.call_screening.detected": lambda p, leg, n: MachineDetected(
        leg=leg, result="screening"
    ),
    "call.machine.greeting.ended": lambda p, leg, n: MachineGreetingEnded(leg=leg, result=_str(p, "result")),
    "call.machine.premium.greeting.ended": lambda p, leg, n: MachineGreetingEnded(
        leg=leg, result=_str(p, "result")
    ),
    "call.speak.started": lambda p, leg, n: SpeakStarted(leg=leg, speak_id=_text(p.get("speak_id")), line=n),
    "call.speak.ended": lambda p, leg, n: SpeakEnded(
        leg=leg, status=_str(p, "status", "completed"), speak_id=_text(p.get("speak_id")), line=n
    ),
    "call.transcription": _transcription,
    "call.dtmf.received": lambda p, leg, n: Digit(leg=leg, digit=_str(p, "digit")),
    "call.recording.saved": _recording,
    "message.sent": _message,
    "message.finalized": _message,
}


def _payload(data: Data) -> Data:
    payload = data.get("payload")
    return payload if isinstance(payload, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _str(payload: Data, name: str, default: str = "") -> str:
    return _text(payload.get(name)) or default


def _share(value: object) -> float | None:
    """0 to 1, whatever an engine counts in; None for what is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        return None
    return float(min(max(value, 0), 1))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read_client_state(value: object) -> dict[str, Any]:
    if not isinstance(value, str):
        return {}
    try:
        state = json.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
