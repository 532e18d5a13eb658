"""What must be certain, and so is not left to a model of language: exact rules on the words themselves."""

import re

from call_flow import opt_out

_WHO = r"(phone\ )?(number|person|party|one|guy|man|woman|lady|house|place|family|phone)"
# "I was the wrong person for it", "I gave you the wrong number" are about something else.
_WRONG_NUMBER = re.compile(
    rf"""
      ^((so|no|oh|um|uh|yeah|i'm|i\ think|hello|sorry)\ )*wrong\ {_WHO}(?=$|\ (here|man|sir|sorry|bye)\b)
    | \b(this\ is|it's|that's)\ the\ wrong\ {_WHO}\b(?!\ (of|for|to)\b)
    | \byou('re|'ve)?\ ((guys|people|must|might|may|have|probably|just|definitely|obviously)\ )*
      (have|got|dialed|called|calling|reached|phoned|want)\ the\ wrong\ {_WHO}\b(?!\ (of|for|to)\b)
    | \byou\ (must\ have\ |must've\ )?(misdialed|dialed\ wrong)\b
    | \b(no\ one|nobody|no\ body|there'?s\ no(\ one|body)?)\ (here\ )?(by|of|with|called|named)\ that\b(?!\ (age|time))
    | \b(he|she|person|they)\ (doesn'?t|does\ not|don'?t|no\ longer)\ lives?\ here\b
    """,
    re.VERBOSE,
)
# What may follow a question whether this is a machine: "are you real" but not "are you real estate".
_SO = (
    r"(?=$|\ (or|voice|call|calling|talking|speaking|thing|right|here|there|on|now|i'm|i\ am|am|is|isn't|are|aren't"
    r"|ain't|what|seriously|because|you\ sound)\b)"
)
_MACHINE = (
    r"((a\ |an\ )?(ai|a\ i|artificial\ intelligence|chat\ ?gpt)|(an?\ )(\w+\ )?(robot|bot|chat\ ?bot|machine|computer"
    r"|recording|ai|a\ i)|bot|robot|automated|artificial|prerecorded|an\ automated)"
)
_HUMAN = (
    r"(real|human|a\ person|((an?|some|any)\ )?((real|actual|live|living)\ )+(human|person|woman|man|lady|guy|girl)"
    r"|(an?\ )?((real|actual|live)\ )*human(\ being)?)"
)
_WHICH = rf"((even|really|actually|like|just|some\ kind\ of)\ )*({_MACHINE}|{_HUMAN}){_SO}"
_ROBOT = re.compile(
    rf"""\b(
      (are|r)\ (you|u)\ {_WHICH}
    | (is|was)\ (this|that|it)\ {_WHICH}
    | (am\ i\ (talking|speaking)\ (to|with)|do\ i\ have)\ {_WHICH}
    | ((is|was)\ (this|it|that)|(this|it|that)\ is|(it|that)'s)\ one\ of\ (those|them|these)
      \ ({_MACHINE}|computer|recording)
    | is\ (there|anybody|anyone|somebody|someone)\ {_HUMAN}{_SO}
    | (you|this|it|that)\ (kinda\ |kind\ of\ |really\ )?sounds?\ like\ {_MACHINE}{_SO}
    | ^sounds?\ like\ {_MACHINE}{_SO}
    | (you're|you\ are|you\ ain't|this\ is)\ (not\ )?({_MACHINE}|{_HUMAN})
      \ (right|(are|aren't|ain't)\ you|isn't\ it|is\ it)
    )""",
    re.VERBOSE,
)
_VOICEMAIL = re.compile(
    r"""\b(
      (leave|record)\ (me\ )?(a|your)\ (short\ |brief\ )?(message|name)
    | after\ the\ (tone|beep)
    | (is|am|are)\ (not\ available|unavailable|unable\ to)\ (to\ (take|answer)|right\ now|at\ the\ moment)
    | (reached|forwarded\ to)\ (the\ )?(an?\ )?(automated\ )?(voice\ ?mail|mailbox|voice\ messaging)
    | (mailbox)\ (is\ full|of)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SCREENING = re.compile(
    r"""\b(
      (state|say|record)\ your\ name(\ and)?
    | (call|calls)\ (assist|screening|screener)
    | (screening|google)\ (service|assistant)
    | (who(\ is|'s)\ calling\ and\ why)
    | the\ person\ you('re|\ are)\ (calling|trying\ to\ reach)\ (is\ using|uses)
    | reason\ for\ (your\ )?call(ing)?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MAILBOX_ONLY = re.compile(r"\b(message|messages|tone|beep|mailbox)\b")
_NODS = re.compile(
    r"((uh huh|m+ hm+|uh|huh|m+|h+m+|m+h+m+|um|er|ah|oh|aha|yeah|yep|yes|ok|okay|alright|all right|right|sure|i see"
    r"|go on|got it|gotcha)( |$)){1,3}"
)
_WELL = r"((well|um|uh|oh|er|hm) )*"
_NO = re.compile(
    rf"{_WELL}((absolutely|definitely|certainly|of course) not"
    r"|((yeah|yes|ok|okay) )?(no|nope|nah|not really|not at all)|not now|never)\b"
    r"(?! (problem|worries|idea|one|body|matter|offen[cs]e|mind|go ahead))"
)
_YES = re.compile(
    rf"{_WELL}(yes|yeah|yep|yup|sure|okay|ok|fine|alright|all right|absolutely|definitely|of course"
    r"|go ahead|why not|i guess so|i suppose so|that works|that's fine|sounds good"
    r"|i'd (love|like) to|let's do|please do)"
    r"\b(?! (but|not|i don't (think|know)|hold on|hang on|wait|one (second|sec|moment|minute)|(so )?(what|who))\b)"
)
_THINKS = re.compile(r"((h+m+|oh|ah|uh|um|er|well|huh)[ ,]*)+")
_QUESTION = re.compile(
    r"^((well|um|uh|so|and|but|okay) )*(what|how|when|where|who|why|which|is it|are there|can i|do i)\b"
)
_SPEAKING = re.compile(r"\b(speaking|that's me|it's me|this is (he|she|him|her|me)|you got me|in person)\b")
_NOT = re.compile(r"\b(not|no|wrong|never|nobody|nothing|\w+n't)\b")
_WORDS = re.compile(r"[\w']+")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, without punctuation."""
    return _WORDS.findall(text.lower().replace("’", "'"))


def _plain(text: str) -> str:
    return " ".join(words(text))


def asks_not_to_be_called(text: str) -> bool:
    """A request never to be called again: see `opt_out`."""
    return opt_out.asked(_plain(text))


def only_sounds_like_opting_out(text: str) -> bool:
    """Talk of not calling that asks for no such thing, whatever a model of meaning makes of it: "my ex won't stop
    calling me", "don't call me after nine".
    """
    return opt_out.denied(_plain(text))


def says_wrong_number(text: str) -> bool:
    return bool(_WRONG_NUMBER.search(_plain(text)))


def asks_whether_robot(text: str) -> bool:
    return bool(_ROBOT.search(_plain(text)))


def plain_answer(text: str) -> bool | None:
    """True for words that begin with a yes, False with a no ("of course not"), None with neither ("yes, but")."""
    said = _plain(text)
    return False if _NO.match(said) else True if _YES.match(said) else None


def asks_something(text: str) -> bool:
    """A question by its mark or its first word; speech recognition often leaves the mark out."""
    return text.rstrip().endswith("?") or bool(_QUESTION.match(_plain(text)))


def negates(text: str) -> bool:
    """Whether there is a not in it: "that doesn't really answer it"."""
    return bool(_NOT.search(_plain(text)))


def confirms_identity(text: str, first_name: str) -> bool:
    """ "Yes, this is Dana", "speaking": the person who was asked for, without a not in it."""
    said = _plain(text)
    if _NOT.search(said):
        return False
    named = bool(first_name) and _plain(first_name) in said.split()
    return named or bool(_SPEAKING.search(said))


def sounds_like_voicemail(text: str) -> bool:
    return bool(_VOICEMAIL.search(_plain(text)))


def sounds_like_screening(text: str) -> bool:
    """A bot that asks who is calling before it rings a person. "Record your name after the tone" is a mailbox."""
    said = _plain(text)
    return bool(_SCREENING.search(said)) and not _MAILBOX_ONLY.search(said)


def is_backchannel(text: str) -> bool:
    """Words that a listener says to keep the speaker going: at most three, none of substance."""
    return bool(_NODS.fullmatch(_plain(text)))


def only_thinks(text: str) -> bool:
    """Sounds that keep the turn and agree to nothing: "hmm", "oh"."""
    return bool(_THINKS.fullmatch(_plain(text)))


def repeats(interim: str, final: str) -> bool:
    """Whether an interim only says again what the latest final already said: it came late."""
    return _plain(interim) in _plain(final)
