"""Telnyx's webhooks as they are, and as they should not be: neither `route` nor `translate` ever raises."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_flow.events import Heard
from call_flow.telnyx import route, translate

EVENT_TYPES = (
    "call.initiated",
    "call.hangup",
    "call.machine.detection.ended",
    "call.speak.ended",
    "call.transcription",
    "call.dtmf.received",
    "call.recording.saved",
    "message.finalized",
)
FIELDS = st.sampled_from(
    (
        "transcription_data",
        "transcript",
        "confidence",
        "is_final",
        "to",
        "status",
        "recording_urls",
        "digit",
        "result",
        "direction",
        "client_state",
        "call_leg_id",
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(), inner, max_size=6),
)


def heard(confidence: object) -> Heard:
    transcription = {"transcript": "Yes.", "is_final": True, "confidence": confidence}
    data = {"event_type": "call.transcription", "payload": {"transcription_data": transcription}}
    found = translate(data, "prospect")
    assert isinstance(found, Heard)
    return found


@pytest.mark.parametrize(
    ("said", "confidence"),
    [
        (0.91, 0.91),
        (1, 1.0),
        (95, 1.0),
        (1.0000001, 1.0),
        (-0.5, 0.0),
        (10**400, 1.0),
        (float("inf"), 1.0),
        (float("nan"), None),
        (True, None),
        ("0.9", None),
        (None, None),
    ],
)
def test_confidence_is_a_share_or_unknown(said: object, confidence: float | None) -> None:
    assert heard(said).confidence == confidence


@pytest.mark.parametrize(
    "state",
    [
        "[" * 100_000,
        '{"c":' * 5000,
        '{"n":' + "9" * 5000 + "}",
        '{"c": 5, "l": {"a": 1}, "n": 1e999}',
        "null",
    ],
)
def test_client_state_that_is_not_ours_names_nobody(state: str) -> None:
    whose = route({"payload": {"client_state": base64.b64encode(state.encode()).decode()}})
    assert (whose.call_id, whose.leg, whose.line) == (None, None, None)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EVENT_TYPES), st.dictionaries(FIELDS, JSON, max_size=8), JSON)
def test_no_json_makes_them_raise(event_type: str, payload: dict[str, Any], state: Any) -> None:
    packed = base64.b64encode(json.dumps(state).encode()).decode()
    for data in (
        {"event_type": event_type, "payload": payload},
        {"event_type": event_type, "payload": payload | {"client_state": packed}},
    ):
        route(data)
        translate(data, "prospect")
