"""What may go wrong on the wire, and how often: the knobs of the simulator.

Times marked sim are on the shared clock, times marked wall are real seconds; shares are probabilities.
"""

import random
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Duplicates:
    """share of events that come again, max copies besides the first; every_event_times [1, 3] delivers
    each event between one and three times instead."""

    share: float = 0.0
    max: int = 2
    every_event_times: tuple[int, int] | None = None

    def copies(self, chance: random.Random) -> int:
        """How many deliveries besides the first."""
        if self.every_event_times:
            return max(0, chance.randint(*self.every_event_times) - 1)
        return chance.randint(1, max(1, self.max)) if chance.random() < self.share else 0


@dataclass
class Knobs:
    """Delivery: duplicate, delay (sim), swap_neighbours (share), shuffle_within (sim), drop_first_attempt (share).
    API, shares of requests: api_5xx (before any effect), api_5xx_after_effect, api_429, api_no_answer (the
    connection hangs 10 s wall) and api_no_answer_effect, the share of these that take effect; api_latency (wall);
    api_actions: only these actions ("dial", "message", "speak", …), all if empty. channel_limit: live legs before
    90041. bridge_refused, bridge_without_effect: shares of bridges that are answered 422, and 200 without joining
    anybody. People: effect, barge_in and backchannels (factors), dead_air and leaves_after (sim: from their last words
    to their hangup), split_finals and late_interims (shares), interims, sms_fails (share). cancel_speak_on_machine;
    stopped_speak_status: of a speak that playback_stop cut. lose_hangups: numbers whose `call.hangup` is given up
    before it is sent."""

    duplicate: Duplicates = field(default_factory=Duplicates)
    delay: float = 0.0
    swap_neighbours: float = 0.0
    shuffle_within: float = 0.0
    drop_first_attempt: float = 0.0
    lose_hangups: tuple[str, ...] = ()
    api_5xx: float = 0.0
    api_5xx_after_effect: float = 0.0
    api_429: float = 0.0
    api_no_answer: float = 0.0
    api_no_answer_effect: float = 0.5
    api_latency: float = 0.0
    api_actions: tuple[str, ...] = ()
    channel_limit: int | None = None
    bridge_refused: float = 0.0
    bridge_without_effect: float = 0.0
    effect: float = 0.10
    barge_in: float = 1.0
    backchannels: float = 1.0
    dead_air: float = 30.0
    leaves_after: float = 0.6
    split_finals: float = 0.03
    late_interims: float = 0.03
    interims: bool = True
    sms_fails: float = 0.05
    cancel_speak_on_machine: bool = True
    stopped_speak_status: str = "completed"

    def turn(self, changes: dict[str, Any]) -> None:
        """Set the named knobs; an unknown name or a value of the wrong kind is a ValueError, nothing is set."""
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ValueError(f"no such knob: {', '.join(unknown)}; there are {', '.join(known)}")
        values = {name: _fitting(name, known[name], value) for name, value in changes.items()}
        for name, value in values.items():
            setattr(self, name, value)

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def _fitting(name: str, old: Any, value: Any) -> Any:
    if name == "duplicate":
        return _duplicates(value)
    if isinstance(old, tuple):
        return tuple(value)
    if name == "channel_limit":
        return None if value is None else int(value)
    if isinstance(old, bool | str):
        if not isinstance(value, type(old)):
            raise ValueError(f"{name} must be {type(old).__name__}, not {value!r}")
        return value
    if not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, not {value!r}")
    return float(value)


def _duplicates(value: Any) -> Duplicates:
    if isinstance(value, int | float):
        return Duplicates(share=float(value))
    if isinstance(value, dict) and set(value) <= {"share", "max", "every_event_times"}:
        times = value.get("every_event_times")
        return Duplicates(
            float(value.get("share", 0.0)),
            int(value.get("max", 2)),
            (int(times[0]), int(times[1])) if times else None,
        )
    raise ValueError(f"duplicate must be a share or {{share, max, every_event_times}}, not {value!r}")
