"""What was lost or done twice: set differences between what the simulator sent and saw and what the stores hold.
It never asks the server what it thinks of itself."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from call_flow.state import PROSPECT
from call_flow.telnyx import route
from storage.inbox import Inbox
from storage.mongo import Conversations

Row = Mapping[str, Any]
Said = tuple[str, str, str]  # call, speaker, words


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
    """Compares the simulator's report with inbox and transcripts, over these calls."""
    mine = set(calls)
    acknowledged = [e for e in report["events"] if e["acked_at"] and _call(e) in mine]
    decided = await inbox.decided([e["id"] for e in acknowledged])
    said = Counter(said_by(report["utterances"], mine, {e["id"] for e in acknowledged}))
    held: Counter[Said] = Counter()
    for call in calls:
        held.update(await _held(conversations, call))
    return Audit(
        undecided=[f"{e['event_type']} {e['id']}" for e in acknowledged if e["id"] not in decided],
        unheard=[_words(said_) for said_ in (said - held).elements()],
        twice=took_effect_twice(report["commands"]),
        stored_twice=[_words(said_) for said_ in (held - said).elements()],
    )


def took_effect_twice(commands: Sequence[Row]) -> list[str]:
    """Commands of one command_id that changed something more than once."""
    effects = Counter((c["action"], c["command_id"]) for c in commands if c["effect"] and c["command_id"])
    return [f"{action} {id} took effect {n} times" for (action, id), n in effects.items() if n > 1]


def said_by(utterances: Sequence[Row], calls: set[str], acknowledged: set[str]) -> list[Said]:
    """What the prospect said, as far as its transcript was acknowledged, and what they heard of the agent."""
    said = []
    for utterance in utterances:
        whose = route({"payload": utterance})
        if str(whose.call_id) not in calls or whose.leg != PROSPECT:
            continue
        if utterance["speaker"] == "prospect" and utterance["event_id"] in acknowledged:
            said.append((str(whose.call_id), "prospect", utterance["text"].strip()))
        elif utterance["speaker"] == "agent" and utterance["heard_fraction"] > 0:
            said.append((str(whose.call_id), "agent", utterance["text"].strip()))
    return said


async def _held(conversations: Conversations, call: str) -> list[Said]:
    document = await conversations.get(UUID(call))
    segments = document["transcript"] if document else []
    return [(call, segment["speaker"], segment["text"].strip()) for segment in segments]


def _call(row: Row) -> str:
    return str(route({"payload": row}).call_id)


def _words(said: Said) -> str:
    call, speaker, text = said
    return f"{call} {speaker}: {text}"
