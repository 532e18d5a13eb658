"""Telnyx' call commands: what each checks, what it changes, what it answers.

A handler takes (exchange, leg, body) and returns whether anything changed; it raises Refusal otherwise.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from load.exchange import Exchange, transcription_of
from load.leg import Leg, Recording, new_id
from load.media import MediaStream
from load.refusal import refusal
from load.ringing import dial
from load.voice import Line, speech_seconds

Body = dict[str, Any]
Handler = Callable[[Exchange, Leg, Body], bool]

AMD_MODES = (
    "disabled",
    "detect",
    "detect_beep",
    "detect_words",
    "greeting_end",
    "premium",
    "premium_ios_call_screening_detection",
)
# A new leg's times in seconds, and between what.
_TIMES = {"timeout_secs": (5, 600), "time_limit_secs": (30, 14400)}
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LONGEST_PAYLOAD = 3000
_PLAYBACK_SECONDS = 8.0
_FOREVER = 4 * 3600.0


def require(body: Body, *names: str) -> None:
    for name in names:
        if not body.get(name):
            raise refusal("10004", f"The '{name}' parameter is required.")


def e164(number: Any) -> str:
    if not isinstance(number, str) or not _E164.fullmatch(number):
        raise refusal("10016", f"'{number}' is not a number in +E164 format.")
    return number


def check_client_state(body: Body, name: str = "client_state") -> None:
    """90017 unless the state is absent or valid base64."""
    state = body.get(name)
    if state is None:
        return
    try:
        base64.b64decode(str(state), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise refusal("90017") from problem


def check_ringing(body: Body) -> None:
    """10015 where a new leg's times or its answering-machine detection are none that Telnyx takes."""
    for name, (least, most) in _TIMES.items():
        seconds = body.get(name, least)
        if not isinstance(seconds, int) or not least <= seconds <= most:
            raise refusal("10015", f"'{name}' must be between {least} and {most}, not {seconds!r}.")
    mode = body.get("answering_machine_detection", "disabled")
    if mode not in AMD_MODES:
        raise refusal("10015", f"'answering_machine_detection' must be one of {', '.join(AMD_MODES)}.")


def new_call(exchange: Exchange, body: Body) -> Leg:
    """POST /calls: the leg that now rings."""
    require(body, "to", "from", "connection_id")
    to = body["to"][0] if isinstance(body["to"], list) else body["to"]
    e164(to)
    e164(body["from"])
    check_ringing(body)
    check_client_state(body)
    linked = exchange.find(body["link_to"]) if body.get("link_to") else None
    if linked and linked.ended:
        raise refusal("90018")
    return dial(exchange, body, to, linked)


def _answer(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if leg.direction == "outgoing":
        raise refusal("90102")
    if leg.answered:
        return False
    leg.dialled |= body
    exchange.answer(leg)
    return True


_REJECTIONS = {
    "CALL_REJECTED": ("call_rejected", "603"),
    "USER_BUSY": ("user_busy", "486"),
    "NOT_FOUND": ("not_found", "404"),
    "TEMPORARILY_UNAVAILABLE": ("unspecified", "480"),
}


def _reject(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "cause")
    if body["cause"] not in _REJECTIONS or leg.direction == "outgoing" or leg.answered:
        raise refusal("10015", "Only an inbound call that rings can be rejected, with a listed cause.")
    cause, sip = _REJECTIONS[body["cause"]]
    return exchange.end(leg, cause, "callee", sip)


def _hangup(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if leg.answered:
        return exchange.end(
            leg, "normal_clearing", "caller" if leg.direction == "outgoing" else "callee", "200"
        )
    return exchange.end(leg, "originator_cancel", "caller", "487")


def _speak(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "payload", "voice")
    text = str(body["payload"])
    if len(text) > _LONGEST_PAYLOAD:
        raise refusal("10015", f"The payload has {len(text)} characters, more than {_LONGEST_PAYLOAD}.")
    if body.get("stop"):
        leg.voice.stop(body["stop"] == "all", exchange.knobs.stopped_speak_status)
    spoken = re.sub(r"<[^>]+>", " ", text) if body.get("payload_type") == "ssml" else text
    leg.voice.play(_line(leg, body, "speak", spoken, speech_seconds(spoken)))
    return True


def _line(leg: Leg, body: Body, kind: str, text: str, seconds: float) -> Line:
    return Line(kind, text, seconds, body.get("command_id"), leg.client_state, body.get("audio_url"))


def _start_transcription(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if leg.transcription:
        raise refusal("90054")
    leg.transcription = transcription_of(body)
    return True


def _stop_transcription(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if not leg.transcription:
        raise refusal("90055")
    leg.transcription = None
    leg.party.no_longer_heard()
    return True


def _start_streaming(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "stream_url")
    if leg.stream:
        raise refusal("90045")
    leg.stream = MediaStream(exchange, leg, body)
    exchange.spawn(leg.stream.run())
    return True


def _stop_streaming(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if not leg.stream:
        raise refusal("90048")
    leg.stream.close()
    leg.stream = None
    return True


def _start_recording(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "channels", "format")
    if leg.recording:
        return False
    leg.recording = Recording(new_id(), exchange.clock.now(), str(body["channels"]), str(body["format"]))
    return True


def _stop_recording(exchange: Exchange, leg: Leg, body: Body) -> bool:
    was = leg.recording is not None
    exchange.save_recording(leg)
    return was


def _pause_recording(exchange: Exchange, leg: Leg, body: Body) -> bool:
    return _set_paused(leg, True)


def _resume_recording(exchange: Exchange, leg: Leg, body: Body) -> bool:
    return _set_paused(leg, False)


def _set_paused(leg: Leg, paused: bool) -> bool:
    if leg.recording is None or leg.recording.paused is paused:
        return False
    leg.recording.paused = paused
    return True


def _transfer(exchange: Exchange, leg: Leg, body: Body) -> bool:
    """A leg of its own, with its own state, joined as soon as anyone (or anything) answers."""
    require(body, "to")
    check_ringing(body)
    check_client_state(body, "target_leg_client_state")
    wanted = {
        name: value for name, value in body.items() if name not in ("client_state", "park_after_unbridge")
    }
    wanted |= {
        "from": e164(body.get("from") or leg.to),
        "client_state": body.get("target_leg_client_state"),
        "bridge_on_answer": True,
    }
    leg.stays_parked = body.get("park_after_unbridge") == "self"
    dial(exchange, wanted, e164(body["to"]), leg)
    return True


def _bridge(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "call_control_id")
    other = exchange.find(body["call_control_id"])
    if other.ended:
        raise refusal("90018")
    if not other.answered:
        raise refusal("90034")
    if leg.partner is other or (body.get("prevent_double_bridge") and (leg.partner or other.partner)):
        return False
    if exchange.happens(exchange.knobs.bridge_refused):
        raise refusal("10015", "The legs cannot be joined.")
    if exchange.happens(exchange.knobs.bridge_without_effect):
        return False
    exchange.bridge(leg, other, body.get("park_after_unbridge") == "self")
    return True


def _gather(exchange: Exchange, leg: Leg, body: Body) -> bool:
    exchange.gather(leg, body).listen()
    return True


def _gather_using_speak(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "payload", "voice")
    text = str(body["payload"])
    leg.voice.play(_line(leg, body, "prompt", text, speech_seconds(text)))
    gather = exchange.gather(leg, body)
    exchange.after(speech_seconds(text), gather.listen)
    return True


def _stop_gather(exchange: Exchange, leg: Leg, body: Body) -> bool:
    was = leg.gather is not None
    if leg.gather:
        leg.gather.end("cancelled")
    return was


def _start_playback(exchange: Exchange, leg: Leg, body: Body) -> bool:
    if not any(body.get(name) for name in ("audio_url", "media_name", "playback_content")):
        raise refusal("10004", "One of audio_url, media_name, playback_content is required.")
    loop = body.get("loop", 1)
    seconds = _FOREVER if loop == "infinity" else _PLAYBACK_SECONDS * max(1, int(loop))
    leg.voice.play(_line(leg, body, "playback", "", seconds))
    return True


def _stop_playback(exchange: Exchange, leg: Leg, body: Body) -> bool:
    kind = leg.voice.current.kind if leg.voice.current else "speak"
    status = "cancelled" if kind == "playback" else exchange.knobs.stopped_speak_status
    return leg.voice.stop(body.get("stop", "all") == "all", status)


def _send_dtmf(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "digits")
    return True


def _update_client_state(exchange: Exchange, leg: Leg, body: Body) -> bool:
    require(body, "client_state")
    return True


_UNANSWERED_TOO = ("answer", "reject", "hangup", "client_state_update")
ACTIONS: dict[str, Handler] = {
    "answer": _answer,
    "reject": _reject,
    "hangup": _hangup,
    "speak": _speak,
    "transcription_start": _start_transcription,
    "transcription_stop": _stop_transcription,
    "streaming_start": _start_streaming,
    "streaming_stop": _stop_streaming,
    "record_start": _start_recording,
    "record_stop": _stop_recording,
    "record_pause": _pause_recording,
    "record_resume": _resume_recording,
    "transfer": _transfer,
    "bridge": _bridge,
    "gather": _gather,
    "gather_using_speak": _gather_using_speak,
    "gather_stop": _stop_gather,
    "playback_start": _start_playback,
    "playback_stop": _stop_playback,
    "send_dtmf": _send_dtmf,
    "client_state_update": _update_client_state,
}


def carry_out(exchange: Exchange, action: str, leg: Leg, body: Body) -> bool:
    """Check what every action checks, then do it; True if anything changed."""
    if leg.ended:
        raise refusal("90018")
    check_client_state(body)
    if not leg.answered and action not in _UNANSWERED_TOO:
        raise refusal("90020" if action.startswith("record") else "90034")
    before = leg.client_state
    if body.get("client_state") is not None:
        leg.client_state = body["client_state"]
    try:
        changed = ACTIONS[action](exchange, leg, body)
    except BaseException:
        leg.client_state = before
        raise
    return changed if action != "client_state_update" else before != leg.client_state
