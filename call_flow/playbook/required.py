"""What every call may need from its playbook: a version without one of these is refused."""

from call_flow.phases import Phase

PHASE_KEYS = tuple(phase.value for phase in Phase)

# The moments for which the policy chooses, and the phase of each.
MOMENTS: dict[str, str] = {
    "opening": "greeting",
    "rapport": "rapport",
    "presentation": "presentation",
    "commitment": "commitment",
}

_ASKED = ("permission", "situation", "goals", "motivation", "availability", "experience", "objections")
_REPROMPTED = tuple(key for key in PHASE_KEYS if key != "handoff")

REQUIRED_LINES = (
    "disclosure",
    *(f"{key}.ask" for key in _ASKED),
    *(f"{key}.{line}" for key in _REPROMPTED for line in ("reprompt1", "reprompt2", "resume")),
    *(f"ack.{n}" for n in range(1, 7)),
    *("ack.positive", "repeat", "robot", "question.unknown", "hold"),
    *("silence.goodbye", "goodbye.polite", "goodbye.qualified", "wrong_person.goodbye", "dnc.confirm"),
    *("callback.ask", "callback.confirm", "callback.resume", "callback.unclear"),
    *("maxtime.goodbye", "hostile.goodbye", "not_interested.goodbye"),
    *("transfer.announce", "transfer.wait", "transfer.failed_video", "transfer.failed_followup"),
    *("followup.ask", "followup.confirm", "video.sms", "voicemail.message"),
    *("screening.answer", "inbound.greeting", "inbound.unknown", "whisper"),
)

# Objections are heard as `objection.` and their id, and may be added; these intents are fixed.
OBJECTION_INTENT = "objection."
REQUIRED_INTENTS = (
    *("affirm", "deny", "unsure", "greeting", "thanks", "goodbye", "backchannel", "hold_on", "repeat"),
    *("ask_identity", "ask_robot", "ask_how_got_number", "ask_cost", "ask_details", "ask_income"),
    *("callback", "wrong_person", "do_not_call", "buying_signal", "hostile"),
    *("give_income", "give_goal", "give_hours", "give_experience", "give_motivation"),
    *("voicemail", "screening"),
)
