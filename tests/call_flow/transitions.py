"""What may follow what in a call, written down apart from the machine, which is judged by this table."""

FORWARD = [
    "greeting", "permission", "rapport", "situation", "goals", "motivation",
    "availability", "experience", "presentation", "objections", "commitment", "handoff",
]  # fmt: skip

# From each phase: the next, a buying signal's jump to commitment (once they agreed to talk), and out to handoff.
PHASES: dict[str, set[str]] = {
    "greeting": {"permission", "handoff"},
    "permission": {"rapport", "handoff"},
    **{phase: {FORWARD[i + 3], "commitment", "handoff"} for i, phase in enumerate(FORWARD[2:9])},
    "presentation": {"objections", "commitment", "handoff"},
    "objections": {"commitment", "handoff"},
    "commitment": {"handoff"},
    "handoff": set(),
}

MODES: dict[str, set[str]] = {
    "dialing": {"screening", "talking", "closing", "ended"},  # words may come before the news of the answer
    "screening": {"talking", "closing", "ended"},
    "talking": {"screening", "transferring", "closing", "ended"},
    "transferring": {
        "bridged",
        "parted",
        "talking",
        "closing",
        "ended",
    },  # back where no closer is left to claim
    "parted": {"ended"},
    "bridged": {"ended"},
    # Back only for a bot or a person that detection took for an answering machine, and for a goodbye that had not begun
    # when the prospect's turn went on.
    "closing": {"screening", "talking", "transferring", "ended"},
    "ended": set(),
}

STATUSES = {
    "hot_transfer", "video_sent", "follow_up", "disqualified", "abandoned", "do_not_call",
    "no_answer", "voicemail", "wrong_person", "failed",
}  # fmt: skip
