"""The words that take back consent to be called, which any reasonable words do (47 CFR 64.1200(a)(10)).

A doubt is decided for the wish. But it must never take ordinary talk of calling, stopping or lists for one, because who
is listed is not called again: a verb of calling counts with a "me", "here", "this number" or "again" behind it, a bare
"stop" only as the whole of what was said, and what is told of others or denied not at all.
"""

import re

_VERB = r"(call|ring|phone|dial|contact|bother|bug|harass|pester|text|spam)([gm]?ing)?"
_US = (
    r"(\ (me|us|here|back|again|ever|any\ ?more|(on\ |at\ )?(this|my)\ ((phone|cell)\ )?(number|phone|line|cell|house)"
    r"|(or\ |and\ )?my\ (family|wife|husband))\b)++"
)
_ENDS = r"(?=$|\ (please|and|or|i|i'm|i've|you|now|today|already|okay|ok|thanks|thank|sir|man)\b)"
_YOU = r"(you|y'all|(you|your)\ (people|guys|folks)|anyone|anybody|any\ of\ you)"
_NOT = r"(do\ not|don'?t|dont|never)"
_ME = r"(me|us|(my|this)\ ((phone|cell)\ )?(number|name|phone|info|information|data|details))"
_LIST = (
    r"((of|your|the|this|that|these|any|all|every|whatever)\ )+(\w+\ ){0,3}"
    r"(lists?|sheets?|database|system|records?|files?)\b"
)
# "Don't call me after nine", "at work", "so early": another time or place would do.
_LIMIT = (
    r"(later|before|after|until|till|while|during|when|if|unless|past|from\ an?|in\ the"
    r"|(so|too|that|this)\ (early|late|often)"
    r"|at\ (work|night|noon|dinner|lunch|\d+|this\ (time|hour)|(my|the)\ (work|job|office|desk))"
    r"|on\ ((my|a|the)\ )?(\w+days?|weekends?|lunch|break|job)|for\ (a|an|the\ next|two|a\ few|\d+)\ )"
)
_NAME = (
    r"(an?|the|that|by|names?|sir|ma'am|miss|mister|mr|mrs|honey|hon|sweetie|dear|buddy|bro|dude|boss|stupid|crazy"
    r"|lazy|dumb|old|lucky)\b"
)
# "Don't call me now" means later; "stop calling me now" means never.
_NOW = (
    r"((right\ )?now|(just\ )?yet|today|tomorrow|tonight|every|(this|next)\ (week|month|morning|evening))\b"
)
_NOT_LATER = rf"(?!\ ({_LIMIT}|{_NAME}|{_NOW}|with\ the\b))"
_WISHES = [
    # an order
    rf"{_NOT}\ ((you|people|guys|ever|even|dare|bother|keep|be|to)\ )*{_VERB}{_US}{_NOT_LATER}",
    rf"((please|would\ you)\ not|(if|wish|rather)\ you\ didn'?t)\ (ever\ )?{_VERB}{_US}{_NOT_LATER}",
    rf"{_NOT}\ ((ever|even|bother|keep)\ )*(call|contact)(ing)?\b{_ENDS}",
    rf"(stop|quit|cease)\ ({_YOU}\ )?(from\ )?({_VERB}{_US}|calling\b{_ENDS})(?!\ ({_LIMIT}|{_NAME}))",
    r"(stop|quit)\ blowing\ up\ my\ phone",
    r"(stop|end|cease)\ (it\ )?(with\ )?((all|the|these|those|your|this)\ )*(\w+\ )?(calls|contact|harassment)",
    r"(all|these|the|those)\ (\w+\ )?calls\ ((need|have|has|got|must)(\ to)?\ )?stop",
    r"(you(\ have|'ve)|you\ (keep|people|guys|all))\ .*\bcall\w*\b.*\b(needs?|has|have|got|must)(\ to)?\ stop",
    r"no\ more\ (of\ )?((these|your|phone|sales)\ )*calls",
    r"leave\ (me|us)\ (alone|be)",
    # a will, a rule or a threat
    rf"{_NOT}\ (want|wanna|wish)\ {_YOU}\ ((to|be|ever)\ )*{_VERB}({_US}|{_ENDS}){_NOT_LATER}",
    rf"{_NOT}\ (want|wanna|wish)\ ((to|be|ever)\ )*(called|contacted|phoned|bothered)\b{_NOT_LATER}",
    rf"{_NOT}\ (want|wish)\ (to\ (get|receive)\ )?((any|more|your|these|phone|sales)\ )+calls\b{_NOT_LATER}",
    rf"{_NOT}\ (want\ to|wanna)\ hear\ from\ you\b{_NOT_LATER}",
    rf"you(\ are|'re)?\ (not\ (allowed|supposed|permitted)\ to|cannot|can't|may\ not|must\ not|shouldn't|should\ not)"
    rf"\ (be\ )?{_VERB}({_US}|{_ENDS}){_NOT_LATER}",
    rf"(asked|told|telling|asking|warned)\ {_YOU}(\ \w+){{0,4}}\ not\ to\ (ever\ )?{_VERB}({_US}|{_ENDS}){_NOT_LATER}",
    rf"if\ you\ (\w+\ )?{_VERB}{_US}.*\b(lawyer|attorney|su(e|ing)|report(ing)?|police|f\ ?c\ ?c|f\ ?t\ ?c)",
    # lists and consent
    rf"(take|strike|cross|scratch|pull|drop|keep|get|want|be|need\ to\ be)\ ({_ME}\ )?(off|out|from)\ {_LIST}",
    rf"take\ {_ME}\ (off|out)\b{_ENDS}",
    rf"(remove|delete|erase)\ {_ME}(?!\ from\ the\b)",
    rf"(remove|delete|erase)\ {_ME}\ from\ {_LIST}",
    r"(be|get)\ (removed|deleted|taken\ off|unsubscribed)",
    r"(put|place|add)\ (me|us|(my|this)\ number)\ (on|to)\ (the|your|a)\ (do\ not|don'?t|no)\ (call|contact)",
    r"(do\ not|don'?t|no)\ (call|contact)\ (list|registry)",
    r"(lose|forget|block)\ (my|this)\ ((phone|cell)\ )?number",
    r"unsubscribe|opt\ ((me|us)\ )?out",
    r"(revok|withdraw|tak)(e|ing|)\ (back\ )?my\ (consent|permission)",
    rf"{_NOT}\ consent\ to\ (be|being|any|these|this|your)\ (\w+\ )?call\w*",
    # Spanish
    r"no\ (me|nos)\ (vuelvan?\ a\ )?(llame|llamar|molest|contact)\w*(?!\ (ahora|mañana|hoy|tan|luego|antes|después)\b)",
    r"no\ vuelvan?\ a\ (llamar|molestar|contactar)\w*",
    r"dejen?\ de\ (llamar|molestar|contactar)\w*",
    r"no\ quiero\ (más\ llamadas|que\ (me|nos)\ llam\w+)",
    r"(quít|elimín|bórr|sáqu|quit|elimin|borr|saqu)en?me\ de",
    r"d[eé]jen?(me|nos)\ en\ paz",
]
_WISH = re.compile(rf"\b({'|'.join(_WISHES)})\b", re.VERBOSE)
_BARE = re.compile(
    r"""((no|please|just|okay|ok|hey|look|i\ said|(can|could|would|will)\ you|you\ need\ to|y'all)\ )*
    (stop|go\ away|revoke)(\ (stop|it|this|that|now|right|please|already|everything|thanks|thank\ you))*""",
    re.VERBOSE,
)
_SWEARING = re.compile(r"\b(the\ (hell|heck|fuck)|(god)?\ ?damn|fucking|freaking|bloody)\ ", re.VERBOSE)
_RELATIVE = (
    r"(kids?|sons?|daughters?|mother|mom|dad|father|parents|wife|husband|sister|brother|family|friends?|ex|boss|manager"
    r"|neighbou?rs?|landlord|company|job)"
)
_THEY = (
    r"(i|we|they|he|she|it|who|nobody|(?<!you\ )people|(other|those|most)\ \w+"
    rf"|(my|his|her|our|the)\ (\w+\ )?{_RELATIVE})"
    r"(\ (would|will|could|can|did|just|really|also|usually|had\ to|used\ to|always)|'d|'ll)*"
)
_THEM = r"(him|her|them|everyone|everybody|(my|the|that|his|our)\ \w+)"
_ORDINARY_TALK = [
    # of others, or of oneself
    rf"{_THEY}\ ({_NOT}|stop|quit|leave)\ (ever\ |stop\ )?(me\ alone|us\ alone|{_VERB}({_US})?)",
    rf"(told|tell|tells|asked|ask|warned|wants?|wanted)\ {_THEM}\ ((that|to|not|never|don'?t|do\ not)\ )+"
    rf"(stop\ |quit\ )?({_VERB}({_US})?|(leave|take|remove)\ me)",
    rf"you\ never\ {_VERB}\ (me\ |us\ )?back",
    # with a not before it
    rf"(?<!you\ )(?<!y'all\ )(?<!people\ )(?<!guys\ )({_NOT}|(won|wouldn|doesn|didn|can|couldn)'t|not)\ (ever\ )?"
    rf"(stop|quit|leave)\ ({_VERB}({_US}|{_ENDS})|(me|us)\ (alone|be))",
    rf"{_NOT}\ have\ to\ stop\ {_VERB}({_US})?",
    rf"({_NOT}|did|didn'?t)\ ((you|ever|want|to)\ )*((lose|forget)\ (my|this)|unsubscribe|opt\ out"
    rf"|(remove|delete|erase|take)\ {_ME}|be\ (removed|deleted|taken)"
    r"|(put|place|add)\ me(\ (on|to)\ (the|your|a)\ (do\ not|don'?t)\ call)?)",
    r"not\ (on|in)\ (the|any|your|a)(\ \w+)?\ (do\ not|don'?t|no)\ call",
]
_ORDINARY = re.compile(rf"\b({'|'.join(_ORDINARY_TALK)})\b", re.VERBOSE)
# What a model of meaning, which hardly hears a "not", an "until" or a "they", takes for the wish as well.
_ONLY_SOUNDS_SO = re.compile(
    rf"""\b(
      ({_NOT}|stop|quit)\ ({_VERB})({_US})?\ ({_LIMIT}|{_NAME}|{_NOW}|it|with|him|her|them)
    | {_THEY}\ ({_NOT}|quit|stop)\ ({_VERB}|mind)
    | {_NOT}\ (want\ to\ |have\ to\ )?(stop|quit|hesitate|forget|mind|make|remove|lose)
    | {_NOT}\ want\ (any|to\ make|to\ do)\ cold\ call
    | {_NOT}\ want\ to\ be\ (called\ {_NAME}|removed)
    | you('re|\ are)?\ (allowed\ to|can|may)\ {_VERB}
    )""",
    re.VERBOSE,
)
# Without one of these no pattern holds, and most of what is said has none.
_HINT = re.compile(
    r"\b(call|ring|phon|dial|contact|bother|bug|harass|pester|text|spam|stop|quit|cease|leave|hear from|list|sheet"
    r"|database|system|record|file|take|remov|delet|eras|number|unsub|opt\b|consent|permission|away|revok|llam|molest"
    r"|d[eé]j|\w+me de\b)"
)


def asked(said: str) -> bool:
    """Whether `said`, in lower case and without punctuation, asks never to be called again."""
    if not _HINT.search(said):
        return False
    said = _SWEARING.sub("", said)
    return bool(_BARE.fullmatch(said) or _WISH.search(_ORDINARY.sub("…", said)))


def denied(said: str) -> bool:
    """Whether `said`, for all that it speaks of not calling, does not ask that: it is denied, of others or limited."""
    return (
        bool(_HINT.search(said))
        and not asked(said)
        and bool(_ORDINARY.search(said) or _ONLY_SOUNDS_SO.search(said))
    )
