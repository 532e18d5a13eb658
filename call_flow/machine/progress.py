"""The way through the phases: entering, skipping what is known, asking, asking again, leaving with a record."""

from call_flow import hotness
from call_flow.machine.deciding import ACKNOWLEDGEMENTS, Deciding
from call_flow.phases import CAPTURES, ORDER, SKIPPABLE, Phase, PhaseOutcome, PhaseRecord
from call_flow.record import Choice
from call_flow.state import CallState

# The questions outside the phases' own: how they are taken up again, and how asked when the answer was none.
RESUMED = {"callback": "callback.resume", "followup": "followup.ask"}
UNCLEAR = {"callback": "callback.unclear", "followup": "followup.ask"}
CHOSEN = {  # the phases that begin with one of the policy's strategies, and the moment of the choice
    Phase.GREETING: "opening",
    Phase.RAPPORT: "rapport",
    Phase.PRESENTATION: "presentation",
    Phase.COMMITMENT: "commitment",
}


def enter(deciding: Deciding, phase: Phase, before: str = "") -> None:
    """Enters `phase`, past those already known, and asks its question; `before` is said in the same breath."""
    while _known(deciding, phase):
        open_phase(deciding, phase)
        leave(deciding, "advanced", "already known")
        phase = ORDER[phase.order]
    open_phase(deciding, phase)
    deciding.state.reprompts = 0
    ask(deciding, before)


def advance(deciding: Deciding, outcome: PhaseOutcome, notes: str = "", before: str = "") -> None:
    """Leaves the current phase and enters the next."""
    leave(deciding, outcome, notes)
    enter(deciding, ORDER[deciding.state.phase.order], before)


def jump(deciding: Deciding, phase: Phase, outcome: PhaseOutcome, before: str = "") -> None:
    """Leaves the current phase for a later one, as a buying signal does."""
    leave(deciding, outcome)
    enter(deciding, phase, before)


def leave(deciding: Deciding, outcome: PhaseOutcome, notes: str = "") -> None:
    """Closes the record of the current phase. After motivation, the prediction that accuracy is judged by is made."""
    state = deciding.state
    if not state.phases or state.phases[-1].ended_at is not None:
        return
    record = state.phases[-1]
    record.ended_at, record.outcome, record.notes = deciding.at, outcome, notes
    if record.phase is Phase.MOTIVATION:
        state.prediction = deciding.predict(hotness.features(state))


def ask(deciding: Deciding, before: str = "") -> None:
    """The phase's own question, worded by the policy where it chooses."""
    phase = deciding.state.phase
    moment = CHOSEN.get(phase)
    choice = _chosen(deciding, moment, phase) if moment else None
    entry = choice.taken if choice else f"{phase}.ask"
    text = deciding.book.render(deciding.book.spoken(entry), deciding.values())
    _say_question(deciding, entry, _joined(before, text), phase, choice)


def resume(deciding: Deciding, before: str = "") -> None:
    """Back to the open question after an interlude, in few words."""
    state, phase = deciding.state, deciding.state.phase
    state.objection = None
    asked = _asked_apart(state)
    if asked is not None:
        _ask_apart(deciding, asked, RESUMED[asked], before)
    elif phase is Phase.GREETING and state.stranger:
        advance(deciding, "advanced", "", before)
    else:
        entry = f"{phase}.resume"
        _say_question(deciding, entry, _joined(before, deciding.line(entry)), phase)


def reprompt(deciding: Deciding) -> bool:
    """Asks the open question again, in other words; False after the second time."""
    state = deciding.state
    if state.reprompts >= 2:
        return False
    state.reprompts += 1
    asked = _asked_apart(state)
    if asked is not None:
        entry = UNCLEAR[asked]
    elif state.phase is Phase.GREETING and state.stranger:
        entry = "inbound.unknown"
    else:
        entry = f"{state.phase}.reprompt{state.reprompts}"
    deciding.say(deciding.line(entry), purpose="ask", entry=entry, asks=asked or str(state.phase))
    return True


def ask_line(deciding: Deciding, entry: str, asks: str, before: str = "") -> None:
    """A fixed question outside the phases' own: a time to call back."""
    deciding.state.reprompts = 0
    _ask_apart(deciding, asks, entry, before)


def _asked_apart(state: CallState) -> str | None:
    """The open question outside the phases' own; in the last phase there is no other."""
    return "followup" if state.phase is Phase.HANDOFF else state.asked if state.asked in RESUMED else None


def _ask_apart(deciding: Deciding, asks: str, entry: str, before: str) -> None:
    deciding.say(_joined(before, deciding.line(entry)), purpose="ask", entry=entry, asks=asks)
    deciding.state.asked = asks


def greet_caller(deciding: Deciding) -> None:
    """An inbound call's first words."""
    open_phase(deciding, Phase.GREETING)
    text = deciding.line("inbound.greeting")
    if deciding.state.stranger:
        text = _joined(deciding.line("disclosure"), deciding.line("inbound.unknown"))
    deciding.state.captures["right_person"] = "yes"
    deciding.say(
        text, purpose="ask", entry="inbound.greeting", asks="greeting", interruptible=False, discloses=True
    )


def greet_again(deciding: Deciding) -> None:
    """The opening for whoever came to the telephone: they have not heard it."""
    opening = next((choice for choice in deciding.state.choices if choice.moment == "opening"), None)
    if opening is None:
        ask(deciding)
    else:
        text = deciding.book.render(deciding.book.spoken(opening.taken), deciding.values())
        _say_question(deciding, opening.taken, text, Phase.GREETING, opening)


def acknowledgement(deciding: Deciding) -> str:
    """The next of the short acknowledgements, in turn."""
    return deciding.line(ACKNOWLEDGEMENTS[(deciding.count("ack") - 1) % len(ACKNOWLEDGEMENTS)])


def _chosen(deciding: Deciding, moment: str, phase: Phase) -> Choice:
    arms = tuple(strategy.id for strategy in deciding.book.strategies(moment))
    count = deciding.count(f"choice:{moment}")
    return deciding.choose(moment if count == 1 else f"{moment}:{count}", moment, phase, arms)


def _say_question(
    deciding: Deciding, entry: str, text: str, phase: Phase, choice: Choice | None = None
) -> None:
    # The opening tells who calls, that it is an AI voice and recorded, and how to opt out: it is heard out.
    opening = choice is not None and choice.moment == "opening"
    deciding.say(
        text,
        purpose="ask",
        entry=entry,
        asks=str(phase),
        interruptible=phase is not Phase.GREETING,
        choice=choice,
        discloses=opening,
    )
    deciding.state.asked = str(phase)


def _known(deciding: Deciding, phase: Phase) -> bool:
    return phase in SKIPPABLE and CAPTURES[phase][0] in deciding.state.captures


def open_phase(deciding: Deciding, phase: Phase) -> None:
    """Begins the record of `phase`, and closes that of the one before."""
    state = deciding.state
    if state.phases and state.phases[-1].ended_at is None:
        if state.phases[-1].phase is phase:
            return
        leave(deciding, "advanced")
    state.phase = phase
    state.objection = None
    state.phases.append(PhaseRecord(phase=phase, started_at=deciding.at))


def _joined(before: str, text: str) -> str:
    return f"{before} {text}".strip()
