"""The phrases a prospect used, as the reader of many calls wants them: short, frequent, with their tone."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from call_flow.model import Frozen
from call_flow.record import Segment

LONGEST = 3  # words in a phrase
# Words that make no phrase by themselves and end none: articles, pronouns, auxiliaries, fillers.
_EMPTY = """
    a about actually ah all also am an and any are as at be because been but by can could did do
    does doing don't down for from get go going got had has have he hello her hey hi him his how i
    i'd i'll i'm i've if in into is it it's its just know let like me mean more my no not now of off
    oh ok okay on one or our out over please really right she so some sure than that that's the
    their them then there these they thing things think this those to too uh um up us very was we
    well were what what's when where which while who why will with would yeah yep yes you you're
    your
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
_WORD = re.compile(r"[a-z0-9][a-z0-9'$%]*", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:!?()\n]+")


class KeyPhrase(Frozen):
    """`frequency` in the call; `sentiment` −1 to 1 is the mean; `context` is the first utterance."""

    phrase: str
    frequency: int
    sentiment: float
    context: str


def words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def key_phrases(
    segments: Iterable[Segment], names: Iterable[str] = (), limit: int = 12
) -> tuple[KeyPhrase, ...]:
    """The prospect's phrases by frequency times length; a part of one that is as frequent is left out.

    Phrases with one of `names` are nobody else's, and left out too.
    """
    people = {word for name in names for word in words_of(name)}
    uses: Counter[str] = Counter()
    tones: dict[str, list[float]] = defaultdict(list)
    contexts: dict[str, str] = {}
    for segment in segments:
        if segment.speaker == "prospect":
            for phrase in _phrases(segment.text):
                if not people.isdisjoint(phrase.split()):
                    continue
                uses[phrase] += 1
                tones[phrase].append(segment.sentiment or 0.0)
                contexts.setdefault(phrase, segment.text)
    return tuple(
        KeyPhrase(
            phrase=phrase,
            frequency=uses[phrase],
            sentiment=round(sum(tones[phrase]) / len(tones[phrase]), 4),
            context=contexts[phrase],
        )
        for phrase in islice(_whole(sorted(uses, key=lambda p: (-uses[p] * len(p.split()), p)), uses), limit)
    )


def _phrases(text: str) -> Iterable[str]:
    for clause in _CLAUSE.split(text):
        words = words_of(clause)
        for length in range(1, LONGEST + 1):
            for start in range(len(words) - length + 1):
                phrase = words[start : start + length]
                if not (phrase[0] in EMPTY_WORDS or phrase[-1] in EMPTY_WORDS) and len(" ".join(phrase)) > 2:
                    yield " ".join(phrase)


def _whole(ranked: list[str], uses: Counter[str]) -> Iterator[str]:
    """Those that are no part of one before. Each is held against all before: ask for no more than is wanted."""
    kept: list[str] = []
    for phrase in ranked:
        if not any(f" {phrase} " in f" {other} " and uses[other] >= uses[phrase] for other in kept):
            kept.append(phrase)
            yield phrase
