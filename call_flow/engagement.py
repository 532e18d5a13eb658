"""Engagement from words, 0 to 100: explicit weights on what one utterance shows, smoothed over the call."""

from call_flow.events import Perceived
from call_flow.rules import words

# Points away from the neutral 50. Our own values, stated here so that they can be argued with.
LENGTH = 12.0  # an answer of 15 words or more
SENTIMENT = 18.0  # at VADER's ±1
QUESTION = 10.0
BUYING = 25.0
OBJECTION = -12.0
REFUSAL = -25.0
SLOW_ANSWER = -10.0  # at 4 s of pause or more
SMOOTHING = 0.35  # share of the newest utterance

_REFUSALS = ("deny", "hostile", "goodbye", "do_not_call", "objection.not_interested")


def utterance_parts(text: str, perceived: Perceived, pause_s: float | None) -> dict[str, float]:
    """What one utterance says of engagement, in points by cue. `pause_s`: seconds from the question's end to
    the first final words.
    """
    parts = {
        "length": LENGTH * min(len(words(text)), 15) / 15,
        "sentiment": SENTIMENT * perceived.sentiment,
    }
    if "?" in text or perceived.intent.startswith("ask_"):
        parts["question"] = QUESTION
    if perceived.intent == "buying_signal":
        parts["buying_signal"] = BUYING
    elif perceived.intent in _REFUSALS:
        parts["refusal"] = REFUSAL
    elif perceived.intent.startswith("objection."):
        parts["objection"] = OBJECTION
    if pause_s is not None:
        parts["pause"] = SLOW_ANSWER * min(max(pause_s - 1.0, 0.0), 3.0) / 3.0
    return parts


def smoothed(score: float, parts: dict[str, float]) -> float:
    """The score after an utterance: an exponential average of what each one showed, within 0 to 100."""
    newest = 50.0 + sum(parts.values())
    return round(min(max((1 - SMOOTHING) * score + SMOOTHING * newest, 0.0), 100.0), 2)
