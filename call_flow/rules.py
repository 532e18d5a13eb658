"""What must be certain, and so is not left to a model of language: exact rules on the words themselves."""

import re

# "Don't call me after nine" is no such request: a time follows.
_DO_NOT_CALL = re.compile(
    r"""\b(
      (do\ not|don'?t|dont|never|stop|quit)\ (ever\ )?
      (call|calling|ring|ringing|phone|phoning|contact|contacting|bother|bothering)\b
      (?!(\ me|\ us)?(\ back)?\ (later|tomorrow|tonight|today|now|right\ now|before|after|until|till|while|during
          |at\ (work|this)|in\ the|so\ (early|late)))
    | (take|remove|delete)\ (me|my\ (number|name|phone))\ (off|from)
    | get\ (me|my\ (number|name|phone))\ off
    | (put|place)\ me\ on\ (the|your)\ (do\ not\ call|no\ call)
    | do\ not\ call\ (list|registry)
    | lose\ (my|this)\ number
    | unsubscribe
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WRONG_NUMBER = re.compile(
    r"""\b(
      wrong\ (number|person|guy|lady)
    | (no\ one|nobody|no\ body|there'?s\ no(\ one|body)?)\ (here\ )?(by|of|with)\ that\ name
    | you('ve|\ have)?\ (got|have|dialed|reached)\ the\ wrong
    | (doesn'?t|does\ not)\ live\ here
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ARTIFICIAL = r"(robot|bot|ai|a\.i\.|a\ i|machine|computer|recording|recorded|automated)"
_ROBOT = re.compile(
    rf"""\b(
      (are|r)\ (you|u|this)\ (even\ |really\ |actually\ )?(an?\ |some\ |like\ an?\ )?(real|human|person|{_ARTIFICIAL})
    | (is|am)\ (this|it|i)\ (even\ |really\ |actually\ )?((talking|speaking)\ (to|with)\ )?(an?\ |some\ )?
      (real\ (person|human)|{_ARTIFICIAL})
    | sounds?\ like\ a\ {_ARTIFICIAL}
    )\b""",
    re.IGNORECASE | re.VERBOSE,
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
_HUMS = {"uh", "huh", "mm", "hmm", "mhm", "mmhmm", "hm", "um", "er", "ah", "oh", "aha"}
_NODS = {"yeah", "yep", "yes", "ok", "okay", "right", "sure", "i", "see", "go", "on", "got", "it"}
_BACKCHANNEL = frozenset(_HUMS | _NODS)
_YES = re.compile(
    r"^((well|um|uh|oh|er|hm) )*(yes|yeah|yep|yup|sure|okay|ok|fine|alright|all right|absolutely|definitely|of course"
    r"|go ahead|why not|i guess so|i suppose so|that works|that's fine|sounds good"
    r"|i'd (love|like) to|let's do|please do)"
    r"\b(?! but)"
)
_NO = re.compile(
    r"^((well|um|uh|oh|er|hm) )*(no|nope|nah|not really|not at all|not now|never)\b(?! (problem|worries|idea))"
)
_QUESTION = re.compile(
    r"^((well|um|uh|so|and|but|okay) )*(what|how|when|where|who|why|which|is it|are there|can i|do i)\b"
)
_SPEAKING = re.compile(r"\b(speaking|that's me|it's me|this is (he|she|him|her|me)|you got me|in person)\b")
_NOT = re.compile(r"\b(not|no|wrong|never|nobody|nothing|\w+n't)\b")
_WORDS = re.compile(r"[a-z0-9']+")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, without punctuation."""
    return _WORDS.findall(text.lower().replace("’", "'"))


def _plain(text: str) -> str:
    return " ".join(words(text))


def asks_not_to_be_called(text: str) -> bool:
    """A request never to be called again, in words that leave no doubt."""
    return bool(_DO_NOT_CALL.search(_plain(text)))


def says_wrong_number(text: str) -> bool:
    return bool(_WRONG_NUMBER.search(_plain(text)))


def asks_whether_robot(text: str) -> bool:
    return bool(_ROBOT.search(_plain(text)))


def plain_answer(text: str) -> bool | None:
    """True for words that begin with a yes, False with a no, None with neither; "yes, but" is neither."""
    said = _plain(text)
    return True if _YES.match(said) else False if _NO.match(said) else None


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
    spoken = words(text)
    return 0 < len(spoken) <= 3 and all(word in _BACKCHANNEL for word in spoken)


def repeats(interim: str, final: str) -> bool:
    """Whether an interim only says again what the latest final already said: it came late."""
    return _plain(interim) in _plain(final)
