"""Objections, answered where they come up: never twice with the same words, and given up before they become a
quarrel.
"""

from call_flow.machine import closing, progress
from call_flow.machine.deciding import Deciding
from call_flow.phases import Phase
from call_flow.record import ObjectionRecord
from call_flow.status import FinalStatus

LIMIT = 5  # objections in one call
SAME_LIMIT = 2  # of one type; of "not interested", the second time is final


def raised(deciding: Deciding, kind: str) -> None:
    """Answers an objection of this type with a response that this call has not heard, or lets the prospect go."""
    state = deciding.state
    settle(deciding, resolved=False)
    earlier = [o for o in state.objections if o.type == kind]
    used = {o.response for o in earlier}
    arms = tuple(r.id for r in deciding.book.responses(kind) if r.id not in used)
    limit = 1 if kind == "not_interested" else SAME_LIMIT
    record = ObjectionRecord(type=kind, phase=state.phase, at=deciding.at)
    state.objections.append(record)
    if not arms or len(earlier) >= limit or len(state.objections) > LIMIT:
        record.resolved = False
        closing.goodbye(deciding, "not_interested.goodbye", FinalStatus.DISQUALIFIED, "objection")
        return
    choice = deciding.choose(
        f"objection:{deciding.count('objection')}", f"objection.{kind}", state.phase, arms
    )
    record.response = choice.taken
    text = deciding.book.render(deciding.book.spoken(record.response), deciding.values())
    state.objection, state.reprompts = kind, 0
    deciding.say(text, purpose="ask", entry=record.response, asks="objection", choice=choice)
    state.asked = "objection"


def settle(deciding: Deciding, *, resolved: bool) -> None:
    """The prospect's next words tell whether the latest answer helped."""
    state = deciding.state
    if state.objection is not None and state.objections and state.objections[-1].resolved is None:
        state.objections[-1].resolved = resolved
    state.objection = None


def helped(deciding: Deciding) -> None:
    """On with the phase where the objection came up; what follows the presentation is nearer to a yes."""
    settle(deciding, resolved=True)
    phase = deciding.state.phase
    before = progress.acknowledgement(deciding)
    if phase in (Phase.PRESENTATION, Phase.OBJECTIONS):
        deciding.state.asked = None
        if phase is Phase.PRESENTATION:
            progress.leave(deciding, "objection", "objection resolved")
            progress.enter(deciding, Phase.COMMITMENT, before) if _enough(deciding) else progress.enter(
                deciding, Phase.OBJECTIONS, before
            )
        else:
            progress.advance(deciding, "objection", "objection resolved", before)
    else:
        progress.resume(deciding, before)


def _enough(deciding: Deciding) -> bool:
    """Doubts enough were told already: asking for more would be begging."""
    return len(deciding.state.objections) >= 3
