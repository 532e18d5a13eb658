"""What a listener can make out of the agent's words: techniques by their audible markers, and what is asked.

Never by ids or by anything that is not said aloud.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

TECHNIQUES: tuple[str, ...] = (
    "story",
    "social_proof",
    "direct",
    "empathy",
    "numbers",
    "autonomy",
    "curiosity",
)

_MARKERS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "story": r"\b(a (woman|man|nurse|driver|teacher|father|mother) (who|I|we)|"
        r"someone (I|we) (spoke|talked|worked)|her story|his story|one story)\b",
        "social_proof": r"\b(most people|people like you|many others|other people|hundreds of)\b",
        "direct": r"\b(straight to the point|in short|simply put|plainly|bottom line)\b",
        "empathy": r"\b(I hear you|I understand|that makes sense|completely fair|I can imagine how)\b",
        "numbers": r"\b(\d+ (percent|dollars|hours|weeks|minutes) (a|per|of|each)|in numbers|the figures)\b",
        "autonomy": r"\b(up to you|your decision|you decide|no pressure|entirely your choice)\b",
        "curiosity": r"\b(imagine|what if|curious|picture this)\b",
    }.items()
}

# Order matters: the first that fits and is not answered yet is what the listener takes the question for.
_ASKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("greeting", r"speaking with"),
        ("help", r"how (may|can|could) I help|what (can I do for|would you like to know|is this about)"),
        ("commitment", r"next step"),
        (
            "callback",
            r"better time|what time|\bwhen (is|would|could|can|should|works|suits|do|may|shall|will)\b",
        ),
        ("commitment", r"\b(talk|speak|speaking|connect|chat|conversation)\b.*\b(to|with)\b"),
        ("permission", r"two minutes"),
        ("presentation", r"does (that|this|it) sound"),
        ("objections", r"in the way|holding you back"),
        ("motivation", r"\bwhy\b"),
        ("situation", r"\b(today|currently)\b.*\b(income|earn\w*|mak(e|ing))\b"),
        ("situation", r"\b(income|earn\w*|mak(e|ing))\b.*\b(today|currently)\b"),
        ("goals", r"like to earn|\brather\b|\binstead\b"),
        ("availability", r"\bhours\b"),
        ("experience", r"\bbefore\b"),
        ("rapport", r"\b(still|interested)\b"),
        ("callback", r"\bwhen\b"),
    )
)
# Said in a statement beside a bare question ("This takes two minutes. Is now all right?").
_STATED = ("speaking with", "two minutes", "next step", "in the way", "holding you back", "like to earn")
_STATED_ASK = dict(
    zip(_STATED, ("greeting", "permission", "commitment", "objections", "objections", "goals"), strict=True)
)
_CHECK = re.compile(
    r"\b(do|does|did|would) (that|this|it) (help|make|answer|clear|ease|address|feel|seem|put|settle)|"
    r"\bis (that|this) (fair|okay|clear|helpful|better)|fair enough|okay with you|all right with you",
    re.IGNORECASE,
)
_GOODBYE = re.compile(
    r"\b(good ?bye|bye|take care|have a (good|great|nice|lovely|wonderful))\b", re.IGNORECASE
)
_HOLD = re.compile(
    r"\b(stay on the line|connecting|connect you|hold the line|one moment|still trying)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True)
class Heard:
    """techniques: in order of their markers; asks: what the line's question may mean, likeliest first."""

    techniques: tuple[str, ...]
    asks: tuple[str, ...]
    question: bool
    goodbye: bool
    hold: bool
    words: int
    key: str


def techniques_in(text: str) -> tuple[str, ...]:
    """Techniques whose markers are audible in `text`, in the order in which they are heard."""
    found = ((match.start(), name) for name, marker in _MARKERS.items() if (match := marker.search(text)))
    return tuple(name for _, name in sorted(found))


def _asks_in(sentences: list[str]) -> tuple[str, ...]:
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    if not questions:
        return ()
    if _CHECK.search(questions[-1]):
        return ("check",)
    for sentence in reversed(questions):
        found = tuple(dict.fromkeys(name for name, words in _ASKS if words.search(sentence)))
        if found:
            return found
    spoken = " ".join(sentences).lower()
    return (*dict.fromkeys(_STATED_ASK[words] for words in _STATED if words in spoken), "check")


@lru_cache(maxsize=16384)
def listen(text: str) -> Heard:
    """Everything a listener notices in one line of the agent."""
    sentences = _SENTENCE.split(text.strip())
    asks = _asks_in(sentences)
    return Heard(
        techniques=techniques_in(text),
        asks=asks,
        question=bool(asks),
        goodbye=bool(_GOODBYE.search(text)) and not asks,
        hold=bool(_HOLD.search(text)) and not asks,
        words=len(text.split()),
        key=re.sub(r"\W+", " ", text.lower()).strip(),
    )


def cut(text: str, fraction: float) -> str:
    """The part of `text` that was heard when its playing stopped after `fraction` of its time."""
    if fraction >= 1.0:
        return text
    words = text.split()
    return " ".join(words[: int(len(words) * max(0.0, fraction))])
