"""What the dialled number decides: +1 AAA 555 BBNN, where BB names the behaviour.

A scenario picks a callee by its number alone; nothing else may.
"""

BEHAVIOURS: dict[int, str] = {
    60: "busy",
    61: "rings_out",
    62: "voicemail",
    63: "cuts_off",
    64: "wrong_person",
    65: "do_not_call",
    66: "silent",
    67: "asks_robot",
    68: "screening",
    69: "invalid",
    70: "callback",
    71: "eager",
    72: "hostile",
    73: "late_machine",
    74: "rejected_403",
    75: "leaves_waiting",
    76: "leaves_taken",
    90: "closer_accepts",
    91: "closer_declines",
    92: "closer_no_answer",
    93: "closer_voicemail",
    94: "closer_hangs_up",
    95: "closer_mixed",
    96: "closer_busy",
    97: "closer_rejects",
    98: "closer_silent",
    99: "closer_leaves",
    89: "closer_late_machine",
}


def behaviour_of(number: str, closers: frozenset[str] = frozenset()) -> str:
    """The behaviour behind `number`; `closers` are numbers that are a closer's whatever their digits."""
    code = int(number[-4:-2]) if number[-4:].isdigit() and number[5:8] == "555" else 0
    named = BEHAVIOURS.get(code, "talker")
    if number in closers and not named.startswith("closer"):
        return "closer_mixed"
    return named


def is_closer(behaviour: str) -> bool:
    return behaviour.startswith("closer")
