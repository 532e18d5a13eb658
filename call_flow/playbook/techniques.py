"""How a listener can hear which technique a line uses: by fixed words, never by what the agent intended.

What is learned about techniques is only as true as these markers: a line carries its own technique's
words and no other's, and a fixed line carries none.
"""

import re

TECHNIQUES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "story": (
            r"\b(a (woman|man|nurse|driver|teacher|father|mother) (who|I|we)"
            r"|someone (I|we) (spoke|talked|worked)|her story|his story|one story)\b"
        ),
        "social_proof": r"\b(most people|people like you|many others|other people|hundreds of)\b",
        "direct": r"\b(straight to the point|in short|simply put|plainly|bottom line)\b",
        "empathy": r"\b(I hear you|I understand|that makes sense|completely fair|I can imagine how)\b",
        "numbers": (
            r"\b(\d+ (percent|dollars|hours|weeks|minutes) (a|per|of|each)|in numbers|the figures)\b"
        ),
        "autonomy": r"\b(up to you|your decision|you decide|no pressure|entirely your choice)\b",
        "curiosity": r"\b(imagine|what if|curious|picture this)\b",
    }.items()
}


def techniques_heard(text: str) -> tuple[str, ...]:
    """The techniques whose markers occur in a text, in the order of `TECHNIQUES`."""
    return tuple(name for name, marker in TECHNIQUES.items() if marker.search(text))
