"""A history as people read it: who said what, what Telnyx was told, and how the call moved. Two that differ are
shown as the difference of their dialogues.
"""

import difflib
import textwrap
from collections.abc import Callable
from datetime import datetime
from typing import Any

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.state import PROSPECT
from tests.histories.history import History, Step, as_json, facts

WIDTH = 110
_MARGIN = 8


def dialogue(history: History) -> str:
    """The whole call as text, with a heading."""
    head = [history.name.replace("_", " "), *textwrap.wrap(history.shows, WIDTH), ""]
    return "\n".join(head + _Reading().read(history)) + "\n"


def difference(stored: History, replayed: History) -> str:
    """What became of a call, as a dialogue; and where the words are the same, what else is not."""
    lines = difflib.unified_diff(
        dialogue(stored).splitlines(), dialogue(replayed).splitlines(), "stored", "replayed", lineterm="", n=4
    )
    return "\n".join([*lines, *_other_differences(stored, replayed)])


def _other_differences(stored: History, replayed: History) -> list[str]:
    found = []
    for n, (old, new) in enumerate(zip(stored.steps, replayed.steps, strict=False)):
        if as_json(old) != as_json(new):
            found.append(f"first different step: event {n}, {old.event.body.kind}")
            found += _changed("effects", [as_json(e) for e in old.effects], [as_json(e) for e in new.effects])
            break
    if len(stored.steps) > len(replayed.steps) and stored.events[: len(replayed.steps)] == replayed.events:
        found.append(f"event {len(replayed.steps)} asks the world for what this history does not hold")
    was, is_ = facts(stored), facts(replayed)
    for name in sorted(was.keys() | is_.keys()):
        found += _changed(f"left.{name}", was.get(name), is_.get(name))
    return found


def _changed(name: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if isinstance(old, list) and isinstance(new, list):
        gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
        return [f"{name}:", *(f"  - {x}" for x in gone), *(f"  + {x}" for x in come)]
    return [f"{name}:", f"  - {old}", f"  + {new}"]


class _Reading:
    """Reads one history, keeping in mind which line is in the air."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.texts: dict[int, str] = {}
        self.waiting: set[int] = set()  # told to Telnyx, not begun
        self.in_the_air: dict[int, str] = {}  # line → leg
        self.over: set[int] = set()
        self.told: set[str] = set()  # keys of commands
        self.phase = ""
        self.ended = False
        self.began: datetime | None = None

    def read(self, history: History) -> list[str]:
        for step in history.steps:
            self.step(step)
        return self.lines

    def step(self, step: Step) -> None:
        """What happened, where it moved the call, and what came of it; an idle look at the legs is left out."""
        at = step.event.at
        self.began = self.began or at
        event = self._event(step.event)
        effects = [text for effect in step.effects if (text := self._effect(effect))]
        ended = step.mode == "ended" and not self.ended
        moved = step.left or step.phase != self.phase
        if effects or moved or ended or step.event.body != ev.TimerFired(key="watch"):
            self._put(at, event)
        if moved:
            self.lines.append("── " + " → ".join([*step.left, *([] if ended else [str(step.phase)])]))
        for text in effects:
            self._put(at, text)
        if ended:
            self.lines.append(f"══ {step.final_status}")
        self.phase, self.ended = step.phase, step.mode == "ended"

    def _put(self, at: datetime, text: str) -> None:
        if not text:
            return
        minutes, seconds = divmod(int((at - (self.began or at)).total_seconds()), 60)
        stamp = f"{minutes:3d}:{seconds:02d}  "
        indent = " " * (_MARGIN + 2)
        self.lines += textwrap.wrap(
            text, WIDTH, initial_indent=stamp, subsequent_indent=indent, break_long_words=False
        )

    # events

    def _event(self, event: ev.Event) -> str:
        body = event.body
        match body:
            case ev.Heard():
                return self._heard(event, body)
            case ev.SpeakStarted(line=int(n), leg=leg):
                self.waiting.discard(n)
                if n not in self.over:
                    self.in_the_air[n] = leg
                return ""
            case ev.SpeakEnded(line=int(n), status=status):
                self._is_over(n)
                return "" if status == "completed" else f"(line {n} ends: {status})"
            case ev.CommandFailed(key=key):
                self._is_over(int(key.removeprefix("speak:")) if key.startswith("speak:") else 0)
                return f"({_failed(body)})"
            case ev.TimerFired(key="line"):
                for n in [n for n, leg in self.in_the_air.items() if leg == PROSPECT]:
                    self._is_over(n)
                return "(timer line: its end is overdue)"
            case _:
                return f"({_EVENTS[type(body)](body)})"

    def _heard(self, event: ev.Event, body: ev.Heard) -> str:
        if not body.final:
            return f"{body.leg} … {body.text or '(nothing)'}"
        over = self._over(body.leg)
        late = " (late)" if (event.at - event.occurred_at).total_seconds() >= 1 else ""
        meaning = event.given.perceived.get(body.text)
        together = "".join(
            f", together “{text}”{_meaning(whole)}"
            for text, whole in event.given.perceived.items()
            if text != body.text
        )
        return f"{body.leg}{over}{late}: {body.text}{_meaning(meaning)}{together}"

    def _is_over(self, n: int) -> None:
        self.waiting.discard(n)
        self.in_the_air.pop(n, None)
        self.over.add(n)

    def _over(self, leg: str) -> str:
        if leg in self.in_the_air.values():
            return " (over the agent)"
        return " (before the agent begins)" if self.waiting else ""

    # effects

    def _effect(self, effect: fx.Effect) -> str:
        match effect:
            case fx.Command(action="speak", leg=leg, args=args):
                self.waiting.add(args["line"])
                self.texts[args["line"]] = args["payload"]
                return f"{'agent' if leg == PROSPECT else f'whisper to {leg}'}: {args['payload']}"
            case fx.VoidCommands():
                return self._void(effect)
            case fx.FileSegment(segment=segment):
                return "(the agent is cut short)" if segment.interrupted else ""
            case fx.Command(key=key):
                self.told.add(key)
                return _command(effect)
            case _:
                text = _EFFECTS[type(effect)](effect) if type(effect) in _EFFECTS else ""
                return text and f"({text})"

    def _void(self, effect: fx.VoidCommands) -> str:
        keys = {int(key.removeprefix("speak:")) for key in effect.keys if key.startswith("speak:")}
        gone = [n for n in sorted(self.waiting) if effect.all_speech or n in keys]
        self.waiting.difference_update(gone)
        others = [key for key in effect.keys if key in self.told and not key.startswith("speak:")]
        unsaid = [f"unsaid: “{textwrap.shorten(self.texts[n], 60, placeholder='…')}”" for n in gone]
        said = [*unsaid, *(f"void unless sent: {key}" for key in others)]
        return f"({'; '.join(said)})" if said else ""


def _meaning(perceived: ev.Perceived | None) -> str:
    if perceived is None:
        return ""
    slots = " ".join(f"{name}={value}" for name, value in as_json(perceived.slots).items())
    return f"   [{perceived.intent}{' ' + slots if slots else ''}]"


def _failed(body: ev.CommandFailed) -> str:
    return f"{body.key} failed: {body.code}" + (", it may have happened" if body.maybe_done else "")


def _rating(body: ev.ConsoleAction) -> str:
    return "".join(f" {told}" for told in (body.claim, body.rating, body.result) if told is not None)


def _phrased(body: ev.Phrased) -> str:
    said = f"“{body.text}”" if body.text else body.reason or "nothing"
    return f"the model phrases line {body.line}: {said}"


def _command(effect: fx.Command) -> str:
    what = {"dial": effect.args.get("to"), "message": effect.args.get("text")}.get(effect.action)
    with_leg = f" with {effect.other_leg}" if effect.other_leg else ""
    return f"<{effect.action} {effect.leg}{with_leg}{f': {what}' if what else ''}>"


def _lead(effect: fx.UpdateLead) -> str:
    return "lead: " + ", ".join(f"{name} = {value}" for name, value in effect.values.items())


def _transfer(effect: fx.RecordTransfer) -> str:
    outcome = effect.values.get("outcome")
    ended = " and over" if outcome == "bridged" and effect.values.get("ended_at") else ""
    return f"transfer {effect.claim}: {outcome}{ended}" if outcome else ""


def _claim(effect: fx.ClaimCloser) -> str:
    return f"{effect.claim} on {', '.join(effect.closers)}"


_EVENTS: dict[type, Callable[[Any], str]] = {
    ev.CallRequested: lambda b: f"a call to {b.lead.first_name or b.lead.phone}",
    ev.CallArrived: lambda b: f"a call from {b.from_number}",
    ev.LegInitiated: lambda b: f"{b.leg} rings",
    ev.LegAnswered: lambda b: f"{b.leg} answers",
    ev.LegBridged: lambda b: f"{b.leg} is bridged",
    ev.LegHungUp: lambda b: f"{b.leg} is hung up: {b.cause}, by {b.source}",
    ev.MachineDetected: lambda b: f"detection on {b.leg}: {b.result}",
    ev.MachineGreetingEnded: lambda b: f"the machine's greeting ends: {b.result}",
    ev.SpeakStarted: lambda b: "speech starts",
    ev.SpeakEnded: lambda b: f"speech ends: {b.status}",
    ev.Digit: lambda b: f"{b.leg} presses {b.digit}",
    ev.RecordingSaved: lambda b: f"the recording is saved: {b.recording_id}",
    ev.MessageUpdated: lambda b: f"text message: {b.status}",
    ev.TimerFired: lambda b: f"timer {b.key}",
    ev.CommandDone: lambda b: f"{b.key} done" + (": gone" if b.result.get("is_alive") is False else ""),
    ev.ClaimResult: lambda b: f"{b.claim}: {b.closer.name if b.closer else 'nobody is free'}",
    ev.ConsoleAction: lambda b: f"{b.by} in the console: {b.action}{_rating(b)}",
    ev.Phrased: _phrased,
    ev.EngagementCrossed: lambda b: f"engagement {b.score:g}",
    ev.Noted: lambda b: f"{b.event_type}",
}

_EFFECTS: dict[type, Callable[[Any], str]] = {
    fx.RecordChoice: lambda e: f"{e.choice.taken}, 1 of {len(e.choice.arms)}",
    fx.UpdateLead: _lead,
    fx.DoNotCall: lambda e: f"on the do-not-call list: {e.phone}, for “{e.evidence}”",
    fx.RefuseDial: lambda e: f"the dial is refused: {e.reason}, {e.detail}",
    fx.ClaimCloser: _claim,
    fx.HoldClaim: lambda e: f"{e.claim} is held while they talk",
    fx.ReleaseClaim: lambda e: f"{e.claim} is released",
    fx.RecordTransfer: _transfer,
    fx.AskPhrasing: lambda e: f"a model may phrase line {e.line}: “{e.scripted}”",
    fx.Learn: lambda e: f"to be learned, revision {e.revision}",
}
