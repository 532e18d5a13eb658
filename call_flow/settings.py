"""What a call is told about its business when it begins: kept with the call, so that a replay needs no
configuration.
"""

from typing import Literal

from call_flow.model import Frozen


class CallSettings(Frozen):
    """Durations in seconds of business time. Numbers in E.164."""

    business: str
    agent_name: str
    closer_name: str = "Kevin"
    from_number: str
    callback_number: str
    video_url: str
    voice: str = "Telnyx.KokoroTTS.af"
    language: str = "en-US"
    ring_timeout: int = 30
    closer_ring_timeout: int = 20
    max_duration: int = 1200
    silence: float = 6.0
    speech_expiry: float = 8.0
    watch: float = 60.0
    amd: Literal["disabled", "detect", "premium"] = "detect"
    leave_voicemail: bool = True
    record: bool = False
    phrasing: bool = False
    phrasing_deadline: float = 1.2
    hot_threshold: float = 0.55
