"""What a leg's webhooks carry, field by field as `call.…` events have it on the wire. Pure."""

from typing import Any

from load.clock import iso
from load.leg import Leg

Row = dict[str, Any]


def ends(leg: Leg) -> Row:
    """Who called whom."""
    return {"from": leg.from_, "to": leg.to}


def initiated(leg: Leg) -> Row:
    """Of call.initiated, besides what every event has."""
    return {
        **ends(leg),
        "direction": leg.direction,
        "state": "parked" if leg.direction == "incoming" else "bridging",
        "start_time": iso(leg.started_at),
        "caller_id_name": leg.from_,
        "connection_codecs": "PCMU,PCMA,OPUS",
        "offered_codecs": "PCMU,PCMA",
        "custom_headers": [],
        "sip_headers": [],
        "shaken_stir_attestation": "A",
        "shaken_stir_validated": True,
        "tags": [],
        "from_sip_uri": f"{leg.from_.lstrip('+')}@sip.telnyx.com",
        "to_sip_uri": f"{leg.to.lstrip('+')}@sip.telnyx.com",
    }


def answered(leg: Leg) -> Row:
    """Of call.answered, besides what every event has and its ends."""
    return {"start_time": iso(leg.started_at), "custom_headers": [], "sip_headers": [], "tags": []}


def hangup(leg: Leg, cause: str, source: str, sip: str, spoke: bool) -> Row:
    """Of call.hangup; `spoke`: whether the leg was answered and has quality figures."""
    return {
        "start_time": iso(leg.started_at),
        "end_time": iso(leg.ended_at or leg.started_at),
        "hangup_cause": cause,
        "hangup_source": source,
        "sip_hangup_cause": sip,
        "call_quality_stats": _quality(leg) if spoke else None,
    }


def transcription(text: str, final: bool, track: str, confidence: float | None = None) -> Row:
    """The `transcription_data` of call.transcription; interims have no confidence."""
    return {
        "transcript": text,
        "is_final": final,
        "confidence": None if confidence is None else round(confidence, 4),
        "transcription_track": track,
    }


def _quality(leg: Leg) -> Row:
    """All numbers as strings, as on the wire; 50 packets a second."""
    packets = int(50 * ((leg.ended_at or 0.0) - (leg.answered_at or 0.0)))
    return {
        "inbound": {
            "mos": "4.50",
            "packet_count": str(packets),
            "skip_packet_count": str(packets // 70),
            "jitter_max_variance": "0.00",
            "jitter_packet_count": "0",
        },
        "outbound": {"packet_count": str(packets), "skip_packet_count": "0"},
    }
