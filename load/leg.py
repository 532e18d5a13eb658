"""One leg of a call: its identity, its state, and what runs on it. It does nothing of itself."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from load.gather import Gather
    from load.media import MediaStream
    from load.party import Party
    from load.voice import Voice


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Transcription:
    """tracks: inbound (the party), outbound (us) or both."""

    tracks: str = "inbound"
    interims: bool = True


@dataclass
class Recording:
    id: str
    started_at: float
    channels: str = "dual"
    format: str = "mp3"
    paused: bool = False


@dataclass
class Leg:
    """state: ringing, answered or ended; times on the shared clock. behaviour: see load.numbers."""

    connection_id: str
    from_: str
    to: str
    direction: str
    behaviour: str
    webhook_url: str
    started_at: float
    client_state: str | None = None
    session_id: str = field(default_factory=new_id)
    leg_id: str = field(default_factory=new_id)
    control_id: str = field(default_factory=lambda: f"v3:{uuid.uuid4().hex}{uuid.uuid4().hex}")
    nth: int = 0
    dialled: dict[str, Any] = field(default_factory=dict)
    state: str = "ringing"
    answered_at: float | None = None
    ended_at: float | None = None
    bridged_at: float | None = None
    hangup_cause: str | None = None
    partner: "Leg | None" = None
    stays_parked: bool = False
    bridge_on_answer: "Leg | None" = None
    transcription: Transcription | None = None
    recording: Recording | None = None
    gather: "Gather | None" = None
    stream: "MediaStream | None" = None
    voice: "Voice" = None  # type: ignore[assignment]
    party: "Party" = None  # type: ignore[assignment]
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def ended(self) -> bool:
        return self.state == "ended"

    @property
    def answered(self) -> bool:
        return self.state == "answered"

    @property
    def role(self) -> str:
        return "closer" if self.behaviour.startswith("closer") else "prospect"

    @property
    def number(self) -> str:
        """The number of the person on the far end."""
        return self.to if self.direction == "outgoing" else self.from_

    def common(self) -> dict[str, Any]:
        """The fields that (almost) every event of the leg carries."""
        return {
            "call_control_id": self.control_id,
            "call_leg_id": self.leg_id,
            "call_session_id": self.session_id,
            "connection_id": self.connection_id,
            "client_state": self.client_state,
            "calling_party_type": "pstn",
        }
