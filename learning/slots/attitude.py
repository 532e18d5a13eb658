"""Reads experience, motivation and urgency out of an utterance by what people say of them.

Only wordings that speak of the matter itself count; what is unclear stays None, so that the agent asks.
"""

import re
from typing import TypeVar

from call_flow.slots import Experience, Level

Value = TypeVar("Value", bound=str)
Wordings = tuple[tuple[Value, "re.Pattern[str]"], ...]

_FIELD = (
    r"(?:sales|selling|marketing|(?:small |own |home |online |home based )?business(?:es)?|e ?commerce|network|"
    r"real estate|insurance|coaching|direct sales|online stores?|online shops?|mlms?|entrepreneurship|"
    r"(?:this|that) kind of (?:thing|work)|(?:things? |something |anything )?like (?:this|that))"
)
_EXPERIENCE: Wordings[Experience] = (
    (
        "none",
        re.compile(
            r"\b(?:no|0|zero|not any|don't have any|haven't got any|not much|lack(?:ing)?|without) "
            r"(?:real |prior |previous |such |business |sales )*(?:experience|background)\b"
            r"|\b(?:never|haven't|have not|didn't|not) (?:ever |really |actually )*"
            r"(?:done|do|tried|worked|sold|had|run|ran|owned|started|been in|own) (?:\w+ ){0,4}?"
            rf"(?:anything|{_FIELD}|before)\b"
            r"|\b(?:complete(?:ly)? |total(?:ly)? |brand |all |very )*(?:beginner|newbie|new to (?:this|"
            r"it|all)|"
            r"brand new|my first time|a first for me|starting from scratch)\b"
        ),
    ),
    (
        "experienced",
        re.compile(
            r"\b(?:lots?|plenty|tons|years|decades?|a great deal|\d+ years) of (?:\w+ )?(?:experience|"
            r"background)\b"
            rf"|\b\d+ years (?:in|of|doing|with) (?:\w+ )?{_FIELD}"
            rf"|\b(?:in|doing|done|did|worked|been in|been doing) (?:\w+ ){{0,2}}?{_FIELD} (?:\w+ )?for "
            r"(?!(?:a|1) (?:year|while|bit))(?:\w+ )?(?:\d+|many|several|over \w+|almost \w+) years\b"
            rf"|\b(?:ran|run|owned|own|founded|built|started|had|have) (?:my|our|a|an|\d+)(?: \w+){{0,2}}? "
            r"(?:business(?:es)?|compan(?:y|ies)|shops?|stores?|agency|firm|restaurants?|startup)\b"
            r"|\bself employed\b|\b(?:i'm|i am|was) (?:very |quite |pretty )?(?:experienced|an entrepreneur|"
            r"a (?:sales\w*|marketer|realtor|broker|business owner|sales manager))\b"
        ),
    ),
    (
        "some",
        re.compile(
            r"\b(?:some|a little|a bit of|a little bit of|limited|a few \w+ of|\d+ (?:months?|"
            r"year)(?: of)?|a year of) "
            r"(?:\w+ )?(?:experience|background)\b"
            rf"|\b(?:a little|a bit|a little bit|some|part time|on the side)(?: \w+){{0,3}}? {_FIELD}"
            rf"|\b(?:tried|dabbled|did|done|worked|sold)(?: \w+){{0,5}}? (?:{_FIELD}|before|on ebay|"
            rf"on etsy|on amazon|online)\b"
            rf"|\b(?:in|doing) (?:\w+ )?{_FIELD} for (?:a|1) (?:while|bit|year)\b"
        ),
    ),
)
_MOTIVATION: Wordings[Level] = (
    (
        "low",
        re.compile(
            r"\b(?:just|only|mostly) (?:curious|looking|browsing|bored|checking)\b|\bno (?:real|"
            r"particular|big) reason\b"
            r"|\b(?:not (?:really |very |that |all that )?(?:motivated|serious|looking)|"
            r"don't (?:really )?(?:care|need it))\b"
        ),
    ),
    (
        "high",
        re.compile(
            r"\b(?:desperate(?:ly)?|determined|(?:sick|tired|sick and tired) of|fed up|had enough of|"
            r"hate my|can't stand|"
            r"burned out|burnt out|paycheck to paycheck|(?:financial )?freedom|my dream|dream of|"
            r"change my life|turn my life|"
            r"(?:really|badly|have to|need to|got to|gotta|must) (?:\w+ )?(?:need|want|change|provide|"
            r"make more|earn more|get out|"
            r"pay off|support|do this|do something)|lost my job|laid off|(?:pay|paying|"
            r"get) (?:\w+ )?(?:off|out of) (?:\w+ )?debts?|"
            r"(?:in|out of) debt|behind on|for my (?:kids|family|children|son|daughter|wife|husband|"
            r"mother|mom|parents)|"
            r"(?:more )?time with (?:my|the) (?:kids|family|children|wife|husband|son|daughter|grandkids)|"
            r"be my own boss|retire (?:early|my)|very (?:motivated|serious)|more than anything)\b"
        ),
    ),
    (
        "medium",
        re.compile(
            r"\b(?:would be nice|would be good|wouldn't mind|would help|some(?: \w+)? extra|"
            r"a little extra|a bit extra|"
            r"extra (?:money|income|cash)|side (?:income|hustle|job)|on the side|a bit more|a little more|"
            r"vacations?|"
            r"save up|saving for|put something (?:aside|away)|thinking about it|open to)\b"
        ),
    ),
)
_BEGIN = (
    r"(?:start|begin|get started|get going|change|do this|do something|make (?:a change|it happen)|"
    r"need (?:it|this|money|something)|want (?:it|this|out))"
)
_URGENCY: Wordings[Level] = (
    (
        "low",
        re.compile(
            r"\bno (?:rush|hurry|particular hurry)\b|\b(?:not|isn't|aren't|"
            r"don't) (?:\w+ )?(?:in a (?:rush|hurry)|urgent|rush|hurry)"
            r"|\b(?:some ?day|eventually|whenever|next year|down the (?:road|line)|one of these days|"
            r"in the long run|"
            r"take my time|taking my time|just looking|not (?:right now|at the moment|yet|today)|(?:in|"
            r"for) a few years)\b"
        ),
    ),
    (
        "high",
        re.compile(
            r"\b(?:as soon as (?:possible|i can)|asap|immediately|right away|straight away|urgent(?:ly)?|"
            r"can't wait|"
            r"sooner the better|the sooner|running out of time|past due|overdue|behind on|evict(?:ed|ion)|"
            r"foreclos\w+|"
            r"about to lose|lost my job|laid off|by the end of the (?:month|week)|no time to (?:lose|"
            r"waste)|before it's too late)\b"
            rf"|\b{_BEGIN}(?: \w+){{0,2}}? (?:right )?(?:now|today|tomorrow|this week|tonight)\b"
            r"|\bready (?:to (?:start|begin|go)|right now|now|today)\b"
        ),
    ),
    (
        "medium",
        re.compile(
            r"\b(?:soon|(?:in|within) (?:the next |about )?(?:a |"
            r"\d+ (?:to \d+ )?)?(?:couple(?: of)? )?(?:weeks|months)|"
            r"(?:this|next) (?:month|summer|winter|spring|fall|autumn)|by (?:summer|winter|christmas|"
            r"the end of the year)|this year)\b"
        ),
    ),
)


def experience(text: str) -> Experience | None:
    """What they have done before in business or sales, of text in which numbers are digits."""
    return _first(_EXPERIENCE, text)


def motivation(text: str) -> Level | None:
    """How much they want a change."""
    return _first(_MOTIVATION, text)


def urgency(text: str) -> Level | None:
    """How soon they want it."""
    return _first(_URGENCY, text)


def _first(wordings: Wordings[Value], text: str) -> Value | None:
    return next((value for value, wording in wordings if wording.search(text)), None)
