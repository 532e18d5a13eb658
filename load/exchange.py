"""The exchange: legs that ring, are answered, joined and ended, and the webhook for each of these.

It knows Telnyx' rules and nobody's reasons; who picks up is load.ringing's business, who talks load.party's.
"""

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from load.clock import Clock, iso
from load.gather import END, Gather
from load.journal import Journal, Row
from load.knobs import Knobs
from load.leg import Leg, Recording, Transcription, new_id
from load.payloads import answered, ends, hangup, initiated, transcription
from load.postman import Delivery, Postman
from load.refusal import refusal
from load.signing import Signer
from load.small_talk import talk
from load.voice import Voice

# How long GET /calls/{id} still knows a leg that has ended, on the shared clock.
REMEMBERED = 600.0


class Exchange:
    """closers: numbers that are a closer's. webhook_url: where events go that name no other place."""

    def __init__(
        self,
        clock: Clock,
        seed: int,
        signer: Signer,
        journal: Journal,
        knobs: Knobs,
        webhook_url: str,
        closers: frozenset[str] = frozenset(),
    ) -> None:
        self.clock, self.seed, self.journal, self.knobs = clock, seed, journal, knobs
        self.webhook_url, self.closers = webhook_url, closers
        self.chance = random.Random(seed)
        self.postman = Postman(clock, knobs, signer, journal, self.chance, self.spawn)
        self.legs: dict[str, Leg] = {}
        self.sessions: dict[str, list[Leg]] = {}
        self.live = 0
        self._calls: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- tasks

    def spawn(self, work: Coroutine[Any, Any, None], leg: Leg | None = None) -> asyncio.Task[None]:
        """Run `work`; a leg's work ends with the leg, and a failure is written in the journal."""
        task = asyncio.get_running_loop().create_task(work)
        owners = leg.tasks if leg else self._tasks
        owners.add(task)
        task.add_done_callback(lambda one: self._finished(one, owners))
        return task

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once `seconds` of the shared clock have passed."""
        asyncio.get_running_loop().call_later(seconds / self.clock.rate, action)

    def _finished(self, task: asyncio.Task[None], owners: set[asyncio.Task[None]]) -> None:
        owners.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            self.journal.faults.append("".join(traceback.format_exception(problem)))

    async def close(self) -> None:
        tasks = [*self._tasks, *(task for leg in self.legs.values() for task in leg.tasks)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.postman.close()

    def happens(self, share: float) -> bool:
        """Whether something that a knob makes happen with this share happens now; a knob at 0 draws nothing."""
        return share > 0 and self.chance.random() < share

    # ---- events

    def emit(self, leg: Leg, event_type: str, awaits_answer: bool = False, **payload: Any) -> str:
        """Send one event of a leg; returns its id."""
        return self.publish(
            event_type, {**leg.common(), **payload}, leg.leg_id, leg.webhook_url, awaits_answer
        )

    def publish(
        self, event_type: str, payload: Row, lane: str, url: str | None = None, awaits_answer: bool = False
    ) -> str:
        """Send one event; lane: what it is in order with."""
        event_id, now = new_id(), self.clock.now()
        data = {
            "record_type": "event",
            "event_type": event_type,
            "id": event_id,
            "occurred_at": iso(now),
            "payload": payload,
        }
        row = self.journal.event(_event_row(data))
        self.postman.post(lane, Delivery(data, row, url or self.webhook_url, now, awaits_answer))
        return event_id

    def transcript(
        self,
        leg: Leg,
        text: str,
        final: bool,
        track: str,
        awaits_answer: bool = False,
        confidence: float | None = None,
    ) -> str:
        """One call.transcription; returns the event's id."""
        heard = transcription(text, final, track, confidence)
        waits = final and awaits_answer and not leg.ended and leg.partner is None
        return self.emit(leg, "call.transcription", waits, transcription_data=heard)

    # ---- a leg's life

    def add(self, leg: Leg) -> Leg:
        """A new leg; its number's next call. Raises 90041 at the channel limit."""
        if self.knobs.channel_limit is not None and self.live >= self.knobs.channel_limit:
            raise refusal("90041")
        leg.nth = self._calls[leg.number]
        self._calls[leg.number] += 1
        self.live += 1
        leg.voice = Voice(self, leg)
        self.legs[leg.control_id] = leg
        self.sessions.setdefault(leg.session_id, []).append(leg)
        self.emit(leg, "call.initiated", **initiated(leg))
        return leg

    def find(self, control_id: str) -> Leg:
        leg = self.legs.get(control_id)
        if leg is None or (leg.ended_at is not None and self.clock.now() - leg.ended_at > REMEMBERED):
            raise refusal("90015")
        return leg

    def answer(self, leg: Leg) -> None:
        """The far end picked up, or we did."""
        if leg.state != "ringing":
            return
        leg.state, leg.answered_at = "answered", self.clock.now()
        if leg.dialled.get("transcription"):
            leg.transcription = transcription_of(leg.dialled.get("transcription_config") or {})
        if leg.dialled.get("record") == "record-from-answer":
            leg.recording = Recording(leg.dialled["recording_id"], leg.answered_at)
        self.emit(leg, "call.answered", **ends(leg), codec="PCMU", sampling_rate=8000, **answered(leg))
        if leg.bridge_on_answer and leg.bridge_on_answer.answered:
            self.bridge(leg, leg.bridge_on_answer)
        if not leg.partner:
            leg.party.picked_up()

    def end(self, leg: Leg, cause: str, source: str, sip: str) -> bool:
        """The leg is over, with its hangup; what was joined to it ends too unless it was to stay parked."""
        if leg.ended:
            return False
        leg.voice.end_of_call()
        leg.party.hung_up()
        self._close_media(leg)
        spoke = leg.answered
        self.live -= 1
        leg.state, leg.ended_at, leg.hangup_cause = "ended", self.clock.now(), cause
        self.emit(leg, "call.hangup", **ends(leg), **hangup(leg, cause, source, sip, spoke))
        for task in leg.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._part(leg)
        return True

    def _close_media(self, leg: Leg) -> None:
        if leg.gather:
            leg.gather.end("call_hangup")
        if leg.recording:
            self.save_recording(leg)
        if leg.stream:
            leg.stream.close()
            leg.stream = None
        leg.transcription = None

    # ---- joining

    def bridge(self, one: Leg, other: Leg, stays_parked: bool = False) -> None:
        """Join two answered legs; stays_parked holds for `one` alone."""
        for leg, partner in ((one, other), (other, one)):
            leg.partner, leg.bridged_at = partner, self.clock.now()
            leg.voice.stop(True, self.knobs.stopped_speak_status)
            self.emit(leg, "call.bridged", **ends(leg))
        one.stays_parked = stays_parked or one.stays_parked
        self.spawn(self._conversation(one, other))

    def _part(self, leg: Leg) -> None:
        partner, leg.partner = leg.partner, None
        if partner is None:
            self._abandon(leg)
            return
        partner.partner = None
        if partner.stays_parked:
            self.emit(partner, "call.hold", **ends(partner))
            partner.party.listen_for_silence()
        else:
            self.end(partner, "normal_clearing", "callee", "200")

    def _abandon(self, leg: Leg) -> None:
        """A transfer still ringing ends with the caller who wanted it."""
        for other in self.sessions[leg.session_id]:
            if other.bridge_on_answer is leg and other.state == "ringing":
                self.end(other, "originator_cancel", "caller", "487")

    async def _conversation(self, one: Leg, other: Leg) -> None:
        """Two people talk for a while, then one of them hangs up."""
        last = await talk(self, one, other)
        if last.partner and last.partner in (one, other):
            self.end(last, "normal_clearing", "callee", "200")

    # ---- what parties and commands do on a leg

    def press(self, leg: Leg, digit: str) -> None:
        self.emit(leg, "call.dtmf.received", **ends(leg), digit=digit)
        if leg.gather:
            leg.gather.digit(digit)

    def gather(self, leg: Leg, body: dict[str, Any]) -> Gather:
        """Collect digits; a gather already running is cancelled."""

        def done(digits: str, status: str) -> None:
            leg.gather = None
            self.emit(leg, END, **ends(leg), digits=digits, status=status)

        if leg.gather:
            leg.gather.end("cancelled")
        leg.gather = Gather(body, self.clock.rate, done)
        return leg.gather

    def beep(self, leg: Leg) -> None:
        """The machine's greeting is over."""
        mode = str(leg.dialled.get("answering_machine_detection", "disabled"))
        if mode.startswith("premium"):
            self.emit(leg, "call.machine.premium.greeting.ended", **ends(leg), result="beep_detected")
        elif mode in ("detect_beep", "greeting_end", "detect_words"):
            result = "beep_detected" if mode == "detect_beep" else "ended"
            self.emit(leg, "call.machine.greeting.ended", **ends(leg), result=result)

    def save_recording(self, leg: Leg) -> None:
        """call.recording.saved has no call_control_id; its urls die in ten minutes."""
        recording, leg.recording = leg.recording, None
        if recording is None:
            return
        payload = {name: value for name, value in leg.common().items() if name != "call_control_id"}
        url = f"https://recordings.invalid/{recording.id}.{recording.format}"
        payload |= {
            "channels": recording.channels,
            "recording_id": recording.id,
            "recording_urls": {recording.format: url},
            "public_recording_urls": {},
            "recording_started_at": iso(recording.started_at),
            "recording_ended_at": iso(self.clock.now()),
        }
        self.publish("call.recording.saved", payload, leg.leg_id, leg.webhook_url)


def transcription_of(body: dict[str, Any]) -> Transcription:
    """From transcription_start's parameters, or a dial's transcription_config; interims unless refused."""
    config = body.get("transcription_engine_config") or {}
    wanted = config.get("interim_results", body.get("interim_results", True))
    return Transcription(str(body.get("transcription_tracks", "inbound")), bool(wanted))


def _event_row(data: Row) -> Row:
    payload = data["payload"]
    heard = payload.get("transcription_data") or {}
    return {
        "id": data["id"],
        "event_type": data["event_type"],
        "occurred_at": data["occurred_at"],
        "call_session_id": payload.get("call_session_id"),
        "call_leg_id": payload.get("call_leg_id"),
        "client_state": payload.get("client_state"),
        "sent_at": None,
        "acked_at": None,
        "attempts": 0,
        "given_up": False,
        "refused": False,
        "last_status": None,
        "is_final": heard.get("is_final"),
        "transcript": heard.get("transcript"),
        "confidence": heard.get("confidence"),
    }
