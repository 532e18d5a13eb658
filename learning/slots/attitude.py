"""Reads experience, motivation and urgency out of an utterance by what people say of them.

Only wordings that speak of the matter itself count; what is unclear stays None, so that the agent asks. The first
level with a match wins: of several, the one that the others would otherwise hide stands first.
"""

import re

from call_flow.slots import Experience, Level

_TRADE = (
    r"(?:sales|selling|marketing|(?:small |own |home |online |home based )?business(?:es)?|e ?commerce|network|"
    r"real estate|insurance|coaching|online (?:stores?|shops?)|mlms?|entrepreneurship|affiliate|customer service|"
    r"call cent(?:er|re)s?|telemarketing|retail|door to door|(?:this|that) kind of (?:thing|work)|"
    r"(?:things? |something |anything )?like (?:this|that))"
)
_YEARS = (
    r"(?:for (?:(?!a |1 |some )(?:\w+ )?(?:\d+|many|several|over \w+|almost \w+) years|a long time|ages|decades)|"
    r"(?:most of |all )?my (?:whole |entire )?life)"
)
_MINE = r"(?:my|our|the)"
_PEOPLE = r"(?:kids?|family|children|son|daughter|wife|husband|mother|mom|dad|parents|grand\w+)"
_BEGIN = (
    r"(?:start|begin|get started|get going|change|do this|do something|make (?:a change|it happen)|"
    r"need (?:it|this|money|something)|want (?:it|this|out))"
)


def _any(*wordings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(wordings)})\b")


_EXPERIENCE: tuple[tuple[Experience, re.Pattern[str]], ...] = (
    (
        "none",
        _any(
            r"(?:no|0|not any|don't have any|haven't got any|not much|lack(?:ing)?|without) "
            r"(?:real |prior |previous |such |business |sales )*(?:experience|background)",
            r"(?:never|haven't|have not|didn't|not) (?:ever |really |actually )*"
            r"(?:done|do|tried|worked|sold|had|run|ran|owned|started|been in|own) (?:\w+ ){0,4}?"
            rf"(?:anything|a thing|{_TRADE}|before)",
            r"beginner",
            r"newbie",
            r"(?:brand )?new (?:to|for) (?:this|it|all|me)",
            r"my first time",
            r"a first for me",
            r"starting from scratch",
            r"none (?:whatsoever|at all)",
            r"only (?:ever )?(?:had|worked|done) (?:\w+ )?(?:regular|normal|ordinary) (?:jobs?|work)",
        ),
    ),
    (
        "experienced",
        _any(
            r"(?:lots?|plenty|tons|years|decades?|a great deal|\d+ years) of (?:\w+ )?(?:experience|background)",
            rf"\d+ years (?:in|of|doing|with) (?:\w+ )?{_TRADE}",
            rf"(?:in|doing|done|did|worked|been in|been doing) (?:\w+ ){{0,2}}?{_TRADE} (?:\w+ )?{_YEARS}",
            rf"(?:sold|sell|selling|managed|led|a sales\w*)(?: \w+){{0,4}}? {_YEARS}",
            r"(?:ran|run|owned|own|founded|built|started|had|have)(?: my| our| a| an| \d+)(?: \w+){0,2}? "
            r"(?:business(?:es)?|compan(?:y|ies)|agency|firm|restaurants?|startup|daycare)",
            r"(?:ran|owned|own|run) (?:my|our|a|an) (?:\w+ )?(?:shop|store)s?",
            r"self employed",
            r"(?:i'm|i am|was) (?:very |quite |pretty )?experienced",
            r"(?:i'm|i am|was) an? (?:entrepreneur|sales\w*|marketer|realtor|broker|business owner|sales manager)",
        ),
    ),
    (
        "some",
        _any(
            r"(?:some|a little|a bit of|a little bit of|limited|a few \w+ of|\d+ (?:months?|year)(?: of)?|a year of) "
            r"(?:\w+ )?(?:experience|background)",
            rf"(?:a little|a bit|a little bit|some|part time|on the side)(?: \w+){{0,3}}? {_TRADE}",
            r"(?:tried|dabbled|did|done|worked|sold|helped)(?: \w+){0,5}? "
            rf"(?:{_TRADE}|before|on ebay|on etsy|on amazon|online)",
            rf"(?:in|doing) (?:\w+ )?{_TRADE} for (?:a|1|some) (?:while|bit|year|months)",
            rf"background(?:'s| is)? in {_TRADE}",
            r"i(?:'ve)? sold \w+",
            r"on my own account",
            r"(?:etsy|ebay|amazon|online) (?:shop|store)",
        ),
    ),
)
_MOTIVATION: tuple[tuple[Level, re.Pattern[str]], ...] = (
    (
        "low",
        _any(
            r"(?:just|only|mostly) (?:curious|looking|browsing|bored|checking|to see)",
            r"no (?:real|particular|big) reason",
            r"nothing (?:in )?particular",
            r"not (?:really |very |that |all that )?(?:motivated|serious|looking)",
            r"don't (?:really )?(?:care|need it)",
        ),
    ),
    (
        "high",
        _any(
            r"desperate(?:ly)?",
            r"determined",
            r"(?:sick|tired) of",
            r"fed up",
            r"had enough of",
            r"hate my",
            r"can't (?:stand|keep doing)",
            r"burne?[dt] out",
            r"rat race",
            r"paycheck to paycheck",
            r"freedom",
            r"(?:be )?my own boss",
            r"of my own",
            r"my dream|dream of",
            r"(?:change|turn) my life",
            r"(?:really|badly|have to|need to|got to|gotta|must) (?:\w+ )?(?:need|want|change|provide|make more|"
            r"earn more|get out|pay off|support|do this|do something|be more)",
            r"(?<!don't )need (?:a 2nd|a second|another|something else|more (?:money|coming in))",
            r"lost (?:my|his|her) job",
            r"laid off",
            r"(?:quit|leave) my job",
            r"(?:in|out of) debt|debt free|pay(?:ing)? (?:\w+ )?off (?:\w+ )?debts?|get rid of",
            r"credit cards|student loans|car loan|medical bills|piling up|behind on",
            r"rent went up|isn't enough|struggling",
            rf"(?:because of|home with|home more with|support|help|provide for|take care of) {_MINE} {_PEOPLE}",
            rf"(?<!looking )for {_MINE} {_PEOPLE}",
            rf"time with {_MINE} {_PEOPLE}",
            r"there for (?:her|him|them)",
            r"mother needs care|baby on the way|pregnant",
            r"more flexible",
            r"retire (?:early|my)",
            r"very (?:motivated|serious)",
            r"more than anything",
        ),
    ),
    (
        "medium",
        _any(
            r"would(?:n't mind| be nice| be good| help)",
            r"some(?: \w+)? extra|an extra|(?:a little|a bit|a little bit) (?:extra|more money|more income)",
            r"extra (?:money|income|cash)",
            r"side (?:income|hustle|job)|on the side",
            r"vacations?|travel",
            r"sav(?:e up|ing for)|savings?|put something (?:aside|away)",
            r"buy a (?:house|home|car)|pay off (?:the|my|our) (?:house|car|mortgage)",
            r"expensive|the bills|inflation",
            r"college|retire(?:ment)?|the future|my future|independent",
            r"thinking about it|open to",
        ),
    ),
)
_URGENCY: tuple[tuple[Level, re.Pattern[str]], ...] = (
    (
        "low",
        _any(
            r"no (?:rush|hurry|particular hurry)",
            r"(?:not|isn't|aren't|don't) (?:\w+ )?(?:in a (?:rush|hurry)|urgent|rush|hurry)",
            r"some ?day|eventually|whenever|next year|one of these days|in the long run",
            r"down the (?:road|line)",
            r"tak(?:e|ing) my time",
            r"just looking",
            r"not (?:right now|at the moment|yet|today)",
            r"(?:in|for) a few years",
        ),
    ),
    (
        "high",
        _any(
            r"as soon as (?:possible|i can)|asap|immediately|(?:right|straight) away|urgent(?:ly)?|can't wait",
            r"the sooner",
            r"running out of time|no time to (?:lose|waste)|before it's too late",
            r"past due|overdue|behind on|evict(?:ed|ion)|foreclos\w+",
            r"about to lose|lost my job|laid off",
            r"by the end of the (?:month|week)",
            rf"{_BEGIN}(?: \w+){{0,2}}? (?:right )?(?:now|today|tomorrow|this week|tonight)",
            r"ready (?:to (?:start|begin|go)|right now|now|today)",
        ),
    ),
    (
        "medium",
        _any(
            r"soon",
            r"(?:in|within) (?:the next |about )?(?:a |\d+ (?:to \d+ )?)?(?:couple(?: of)? )?(?:weeks|months)",
            r"(?:this|next) (?:month|summer|winter|spring|fall|autumn)",
            r"by (?:summer|winter|christmas|the end of the year)|this year",
        ),
    ),
)


def experience(text: str) -> Experience | None:
    """What they have done before in business or sales, of text in which numbers are digits."""
    return next((level for level, wording in _EXPERIENCE if wording.search(text)), None)


def motivation(text: str) -> Level | None:
    """How much they want a change."""
    return next((level for level, wording in _MOTIVATION if wording.search(text)), None)


def urgency(text: str) -> Level | None:
    """How soon they want it."""
    return next((level for level, wording in _URGENCY if wording.search(text)), None)
