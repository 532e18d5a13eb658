"""What was lost or done twice: set differences between what the simulator sent and saw and what the stores hold.
It never asks the server what it thinks of itself."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from call_flow.state import PROSPECT
from call_flow.telnyx import call_id_of_session, route
from storage.inbox import Inbox
from storage.mongo import Conversations

Row = Mapping[str, Any]
Said = tuple[str, str, str]  # call, speaker, words
Leg = tuple[str, str]  # call, name


@dataclass(frozen=True)
class Audit:
    """Each field lists what is wrong, in words that name it; all are empty when all is well."""

    undecided: list[str]
    unheard: list[str]
    twice: list[str]
    stored_twice: list[str]

    @property
    def lost(self) -> int:
        return len(self.undecided) + len(self.unheard)

    @property
    def duplicated(self) -> int:
        return len(self.twice) + len(self.stored_twice)


async def audit(report: Row, calls: Collection[str], inbox: Inbox, conversations: Conversations) -> Audit:
    """Compares the simulator's report with the inbox, and with the transcripts of these calls."""
    said = Counter(said_by(report, set(calls)))
    held: Counter[Said] = Counter()
    for call in calls:
        held.update(await _held(conversations, call))
    return Audit(
        undecided=await undecided(report, inbox),
        unheard=[_words(said_) for said_ in (said - held).elements()],
        twice=took_effect_twice(report),
        stored_twice=[_words(said_) for said_ in (held - said).elements()],
    )


async def undecided(report: Row, inbox: Inbox) -> list[str]:
    """Events that were acknowledged and never decided, also those that name no call: of messages, of calls to us."""
    acknowledged = [event for event in report["events"] if event["acked_at"]]
    decided = await inbox.decided([event["id"] for event in acknowledged])
    return [f"{event['event_type']} {event['id']}" for event in acknowledged if event["id"] not in decided]


def took_effect_twice(report: Row) -> list[str]:
    """What was done more than once: rings of a leg, lines on a leg, joins of two legs and messages to a number by what
    they mean, whatever ids they were sent under; everything else by its id.
    """
    legs = legs_of(report["legs"])
    meanings = (meaning_of(command, legs) for command in report["commands"] if command["effect"])
    effects = Counter(meaning for meaning in meanings if meaning[-1] is not None)
    return [f"{n} times: {' '.join(map(str, what))}" for what, n in effects.items() if n > 1]


def meaning_of(command: Row, legs: Mapping[str, Leg]) -> tuple[object, ...]:
    """What a person would notice of a command; ends with None where nothing tells it from others."""
    action, body = command["action"], command["body"]
    leg = legs.get(command["call_leg_id"], (command["call_leg_id"],))
    if action == "message":
        return action, body["to"], body["text"]
    if action == "dial":
        return action, *leg
    if action == "speak":
        return action, *leg, route({"payload": command}).line
    if action == "bridge":
        return action, *leg, body["call_control_id"]
    return action, command["command_id"]


def legs_of(rows: Sequence[Row]) -> dict[str, Leg]:
    """Whose each leg is, by its id: as its dial said, and for a call to us as its session does."""
    return {row["call_leg_id"]: _leg(row) for row in rows}


def said_by(report: Row, calls: Collection[str]) -> list[Said]:
    """What the prospect said, as far as its transcript was acknowledged, and what they heard of the agent."""
    said, legs = [], legs_of(report["legs"])
    acknowledged = {event["id"] for event in report["events"] if event["acked_at"]}
    for utterance in report["utterances"]:
        call, leg = legs[utterance["call_leg_id"]]
        if call not in calls or leg != PROSPECT:
            continue
        if utterance["speaker"] == "prospect" and utterance["event_id"] in acknowledged:
            said.append((call, "prospect", utterance["text"].strip()))
        elif utterance["speaker"] == "agent" and utterance["heard_fraction"] > 0:
            said.append((call, "agent", utterance["text"].strip()))
    return said


def _leg(row: Row) -> Leg:
    whose = route({"payload": row})
    if row["direction"] == "incoming":
        return str(call_id_of_session(row["call_session_id"])), PROSPECT
    return str(whose.call_id), str(whose.leg)


async def _held(conversations: Conversations, call: str) -> list[Said]:
    document = await conversations.get(UUID(call))
    segments = document["transcript"] if document else []
    return [(call, segment["speaker"], segment["text"].strip()) for segment in segments]


def _words(said: Said) -> str:
    call, speaker, text = said
    return f"{call} {speaker}: {text}"
