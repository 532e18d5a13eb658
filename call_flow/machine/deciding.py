"""One decision under way: the new state being made, the effects so far, and the few verbs that every part of
the machine speaks in.
"""

from datetime import datetime, timedelta
from typing import Any

from call_flow import effects as fx
from call_flow.events import CloserHint, Event, Heard, Perceived, Vector
from call_flow.machine.wording import values_for
from call_flow.needs import Closers, Needs, Perception, PolicyVector, Prediction
from call_flow.phases import Phase
from call_flow.playbook.book import Playbook
from call_flow.record import Choice, Segment
from call_flow.settings import CallSettings
from call_flow.state import PROSPECT, CallState, Leg, Line

WORDS_PER_SECOND = 2.3  # a slow voice: the guard of a line must not fire while it is spoken
LINE_SLACK_S = 12.0  # after which a line whose end was never reported counts as said
HANGUP_SHOWS_S = 10.0  # after which a hangup without its webhook is told again
CALL_LIMIT_SLACK_S = 900  # talk with the closer, on top of the agent's maximum
LONGEST_CALL_S = 14400  # Telnyx's own limit of `time_limit_secs`
SURE = 0.6  # confidence from which an intent without a rule overrides the question that is open
MACHINES = ("machine", "fax_detected")  # verdicts of answering machine detection
ACKNOWLEDGEMENTS = tuple(f"ack.{n}" for n in range(1, 7))
TRANSCRIPTION = {
    "transcription_engine": "Telnyx",
    "transcription_tracks": "inbound",
    "transcription_engine_config": {"transcription_engine": "Telnyx", "interim_results": True},
}


class Deciding:
    """`state` is this decision's own copy; nothing outside it changes before `reduce` returns."""

    def __init__(self, state: CallState, event: Event, book: Playbook) -> None:
        self.state = state
        self.event = event
        self.book = book
        self.effects: list[fx.Effect] = []

    @property
    def at(self) -> datetime:
        """The call's time: it never runs backwards, though events are decided in an order that their stamps may
        not have.
        """
        last = self.state.last_event_at
        return self.event.at if last is None else max(self.event.at, last)

    @property
    def settings(self) -> CallSettings:
        if self.state.settings is None:
            raise ValueError(f"call {self.state.call_id} has no settings: it was never begun")
        return self.state.settings

    def emit(self, effect: fx.Effect) -> None:
        self.effects.append(effect)

    def count(self, name: str) -> int:
        """The next number of `name` in this call, from 1."""
        self.state.counters[name] = self.state.counters.get(name, 0) + 1
        return self.state.counters[name]

    # the world's answers

    def perceive(self, text: str) -> Perceived:
        lead = self.state.lead
        if text not in self.event.given.perceived:
            raise Needs(Perception(text=text, timezone=lead.timezone if lead else "UTC"))
        return self.event.given.perceived[text]

    def closers(self) -> tuple[CloserHint, ...]:
        if self.event.given.closers is None:
            raise Needs(Closers())
        return self.event.given.closers

    def predict(self, features: dict[str, float]) -> float:
        if self.event.given.prediction is None:
            raise Needs(Prediction(features=features))
        return self.event.given.prediction

    def choose(self, key: str, moment: str, phase: Phase, arms: tuple[str, ...]) -> Choice:
        """The arm that the policy's vector and draw take. It counts once the line that says it is being heard."""
        state = self.state
        if key not in self.event.given.vectors:
            raise Needs(
                PolicyVector(
                    key=key,
                    moment=moment,
                    phase=phase,
                    segment=state.segment,
                    arms=arms,
                    control=state.control,
                )
            )
        vector = self.event.given.vectors[key]
        return Choice(
            key=key,
            moment=moment,
            phase=phase,
            segment=state.segment,
            arms=vector.arms,
            p=vector.p,
            taken=_taken(vector),
            draw=vector.draw,
            policy=vector.policy,
            posterior_version=vector.posterior_version,
            at=self.at,
        )

    # commands and timers

    def command(
        self,
        action: str,
        key: str,
        leg: str = PROSPECT,
        *,
        args: dict[str, Any] | None = None,
        other_leg: str | None = None,
        not_after: datetime | None = None,
    ) -> None:
        self.emit(
            fx.Command(
                key=key, action=action, leg=leg, args=args or {}, other_leg=other_leg, not_after=not_after
            )
        )

    def timer(self, key: str, seconds: float) -> None:
        self.state.timers[key] = self.at + timedelta(seconds=seconds)
        self.emit(fx.SetTimer(key=key, due=self.state.timers[key]))

    def cancel(self, key: str) -> None:
        self.state.timers.pop(key, None)
        self.emit(fx.CancelTimer(key=key))

    def cancel_all(self) -> None:
        self.state.timers.clear()
        self.emit(fx.CancelTimer(key=None))

    def dial(
        self,
        leg: str,
        to: str,
        *,
        ring_s: int,
        amd: str,
        extra: dict[str, Any] | None = None,
        not_after: datetime | None = None,
    ) -> None:
        """A new leg and the command that rings it."""
        state, settings = self.state, self.settings
        state.legs[leg] = Leg(name=leg, to_number=to, dialed_at=self.at, last_event_at=self.at)
        args: dict[str, Any] = {
            "to": to,
            "from_": settings.from_number,
            "timeout_secs": ring_s,
            "time_limit_secs": min(LONGEST_CALL_S, settings.max_duration + CALL_LIMIT_SLACK_S),
            "answering_machine_detection": amd,
        }
        self.command("dial", f"dial:{leg}", leg, args=args | (extra or {}), not_after=not_after)

    def hang_up(self, leg: str) -> None:
        """Ends a leg, and looks again: a hangup that did not take is repeated as a command of its own."""
        self.tell_to_hang_up(leg)
        self.timer(f"hangup:{leg}", HANGUP_SHOWS_S)

    def tell_to_hang_up(self, leg: str) -> None:
        """The command alone, for a leg that is over for us already."""
        self.command("hangup", f"hangup:{leg}:{self.count(f'hangup:{leg}')}", leg)

    def see_hung_up(self, leg: str) -> None:
        """Ends a leg that has not been told to yet, and looks after one that has."""
        if self.state.counters.get(f"hangup:{leg}"):
            self.timer(f"hangup:{leg}", HANGUP_SHOWS_S)
        else:
            self.hang_up(leg)

    def check(self, leg: str) -> None:
        """Asks Telnyx what became of a leg."""
        self.command("check_leg", f"check:{leg}:{self.count(f'check:{leg}')}", leg)

    # speech

    def values(self) -> dict[str, str]:
        return values_for(self.state)

    def line(self, entry_id: str) -> str:
        """A fixed line of the playbook, rendered for this lead."""
        return self.book.render(self.book.line(entry_id), self.values())

    def say(
        self,
        text: str,
        *,
        purpose: str,
        entry: str | None = None,
        leg: str = PROSPECT,
        asks: str | None = None,
        interruptible: bool = True,
        choice: Choice | None = None,
        discloses: bool = False,
    ) -> Line:
        """Speaks `text` on `leg`. What was decided for it and has not begun is the caller's to supersede first.

        No question to the prospect goes before the disclosure: where none has begun yet, it is said with this one.
        """
        state = self.state
        if (
            purpose == "ask"
            and leg == PROSPECT
            and asks != "screening"
            and not (discloses or state.disclosed)
        ):
            text, discloses = f"{self.line('disclosure')} {text}", True
        state.last_line += 1
        line = Line(
            n=state.last_line,
            leg=leg,
            text=text,
            entry=entry,
            asks=asks,
            discloses=discloses,
            phase=state.phase,
            purpose=purpose,
            interruptible=interruptible,
            choice=choice,
            decided_at=self.at,
        )
        state.lines.append(line)
        if leg == PROSPECT:
            self.cancel("silence")
        if self._may_be_phrased(line):
            self._ask_phrasing(line)
        else:
            self.speak(line)
        return line

    def speak(self, line: Line) -> None:
        """Sends the line as it stands."""
        line.sent = True
        self.command(
            "speak",
            f"speak:{line.n}",
            line.leg,
            args={
                "payload": line.text,
                "voice": self.settings.voice,
                "language": self.settings.language,
                "line": line.n,
            },
            not_after=self.at + timedelta(seconds=self.settings.speech_expiry),
        )
        if line.leg == PROSPECT:
            self.timer("line", len(line.text.split()) / WORDS_PER_SECOND + LINE_SLACK_S)

    def _may_be_phrased(self, line: Line) -> bool:
        """Plain questions in our own fixed words, at most behind an acknowledgement. What law, knowledge or the policy
        worded stays: an answer about robots or cost is said as it is written, and an arm says what it is called.
        """
        if not (self.settings.phrasing and line.purpose == "ask" and line.interruptible):
            return False
        if line.entry is None or not self.book.is_line(line.entry):
            return False
        question = self.line(line.entry)
        before = line.text.removesuffix(question).strip()
        plain = {"", *(self.line(entry) for entry in (*ACKNOWLEDGEMENTS, "ack.positive"))}
        return line.text.endswith(question) and before in plain

    def _ask_phrasing(self, line: Line) -> None:
        deadline = self.at + timedelta(seconds=self.settings.phrasing_deadline)
        self.emit(
            fx.AskPhrasing(
                key=f"phrase:{line.n}",
                line=line.n,
                goal=self.book.phase(line.phase).goal,
                scripted=line.text,
                last_words=self.event.body.text if isinstance(self.event.body, Heard) else "",
                deadline=deadline,
            )
        )
        self.timer("phrase", self.settings.phrasing_deadline + 1.0)

    def stop_speech(self, leg: str = PROSPECT) -> None:
        """Everything the agent says or was about to say on `leg` ends here."""
        active = [
            line for line in self.state.lines if line.leg == leg and not line.ended_at and not line.stopped
        ]
        if not active:
            return
        for line in active:
            line.stopped = True
        self.emit(fx.VoidCommands(keys=tuple(f"speak:{line.n}" for line in active)))
        if any(line.sent for line in active):
            self.command("playback_stop", f"stop:{self.count('stop')}", leg, args={"stop": "all"})

    def current_line(self, leg: str = PROSPECT) -> Line | None:
        """The line being said, or about to be, on `leg`."""
        active = [
            line for line in self.state.lines if line.leg == leg and not line.ended_at and not line.stopped
        ]
        return active[-1] if active else None

    def file(self, segment_without_seq: dict[str, Any]) -> Segment:
        """Files a new piece of transcript, under the next number."""
        self.state.last_seq += 1
        segment = Segment(seq=self.state.last_seq, **segment_without_seq)
        self.emit(fx.FileSegment(segment=segment))
        return segment


def _taken(vector: Vector) -> str:
    """The arm at `draw` on the cumulated probabilities."""
    total = 0.0
    for arm, p in zip(vector.arms, vector.p, strict=True):
        total += p
        if vector.draw < total:
            return arm
    return vector.arms[-1]
