"""Reads how many hours a week someone could give, as one number.

Takes text in which numbers are digits. Hours worked in the job they have, and times to be called back, are not it.
"""

import re

DAYS_A_WEEK = {"weekday": 5, "weekend": 2, "day": 7}
HOURS_FULL_TIME = 40.0
HOURS_PART_TIME = 20.0
# What "evenings" or "weekends" alone is taken as: two hours on each evening or morning, four on each free day.
HOURS_AN_EVENING = 2.0
HOURS_A_FREE_DAY = 4.0

_NUMBER = r"\d+(?:\.\d+)?"
_HOURS = re.compile(
    rf"(?P<half>half an hour)|(?P<low>an|a|{_NUMBER})(?: (?:to|or|and|maybe|or maybe) (?P<middle>{_NUMBER}))?"
    rf"(?: of)?(?: (?!an?\b|per\b)\w+)?? (?P<unit>hours?|hrs?|minutes?|mins?)\b(?: or (?P<high>{_NUMBER}|"
    rf"so)\b)?(?P<half2> and a half)?"
)
_EACH = re.compile(
    r"^[ ,]*(?:of work |free |or so |maybe |at most |tops )*(?:(?:a|per|each|every|/|in the|of the|on) ?)*"
    r"(?P<unit>weekdays?|work ?days?|weekends?|days?|weeks?|months?|mornings?|evenings?|nights?|afternoons?|"
    r"saturdays?|sundays?|daily|weekly)\b"
)
_DAYS_PLURAL = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b")
_DAYS_NAMED = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b")
_NOT_THESE = re.compile(
    r"(?:\b(?:(?<!put )(?<!get )in|after|within|next|last|past)(?: (?:about|around|like|maybe|the))* |"
    r"\b(?:took|takes|take|for) me )$"
)
_NOT_AFTER = re.compile(r"^ ?(?:ago|from now|later|behind|ahead|drive|away)\b")
_AT_WORK = re.compile(
    r"\b(?:(?:i|we|i'm|i am|already|currently|still|usually) (?:work|working|worked)|my job|shifts?|"
    r"(?:a|my) (?:full time |part time )?(?:job|position|career))\b"
)
_WOULD = re.compile(
    r"\b(?:could|can|would|might|want to|like to|willing|able|give|spare|free|available|extra|maybe|spend|"
    r"put)\b"
)
_PARTS = re.compile(
    r"\b(?:(?P<count>\d) )?(?P<unit>evenings|nights|mornings|afternoons|weekends|weekdays|"
    r"days)(?P<week> (?:a|per|each) week)?\b"
)
_BARE = re.compile(
    rf"(?:(?:um|uh|well|oh|i'd say|i guess|i think|maybe|probably|about|around|like|say|roughly|perhaps|at least|"
    rf"up to|just|only|between|so|yeah|okay)[, ]+)*(?P<low>{_NUMBER})(?: (?:to|or|and|maybe) (?P<high>{_NUMBER}))?"
    r"(?: (?:or so|maybe|tops|probably|i guess|at most|max))*"
)
_EVERY = re.compile(r"\b(?:every|each) (evening|night|morning|afternoon|weekend)\b")


def hours_per_week(text: str) -> float | None:
    """Hours a week; the middle of a range. None where the text names no availability.

    "two hours a day" is 14, "on weekdays" counts five days, "weekends" two; "full time" is 40, "part time" 20.
    Hours without a period are taken as a week's from 3 on, as a day's below.
    """
    for match in _HOURS.finditer(text):
        if not _about_something_else(text, match):
            return _limited(_counted(text, match))
    if re.search(r"\bfull ?time\b(?! (?:income|salary|pay|wage))|\ball day\b", text) and not _AT_WORK.search(
        text
    ):
        return HOURS_FULL_TIME
    if re.search(r"\bpart ?time\b", text) and not _AT_WORK.search(text):
        return HOURS_PART_TIME
    parts = _parts_of_week(text)
    return _limited(_bare(text) if parts is None else parts)


def _bare(text: str) -> float | None:
    """A number and little else ("maybe five to ten"), as one answers to "how many hours a week?"."""
    match = _BARE.fullmatch(text.strip(" .,!?"))
    if match is None:
        return None
    low = float(match["low"])
    high = float(match["high"] or low)
    return (low + high) / 2 if low <= high <= 80 else None


def _limited(hours: float | None) -> float | None:
    return round(hours, 1) if hours is not None and 0 <= hours <= 112 else None


def _about_something_else(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    if _NOT_THESE.search(before) or _NOT_AFTER.match(after):
        return True
    if re.search(r"\$ ?$|\$ ?\d+(?:\.\d+)? ?$|\b(?:dollars|bucks) $", before):  # "$20 an hour"
        return True
    if match["low"] in ("a", "an") and re.search(r"\d $", before):  # "20 an hour"
        return True
    return bool(_AT_WORK.search(before)) and not _WOULD.search(before)


def _counted(text: str, match: re.Match[str]) -> float | None:
    hours = _amount(match)
    each = _EACH.match(text[match.end() :])
    if each:
        return hours * _times_a_week(each["unit"], text)
    if re.search(r"\b(?:daily|(?:every|each|per) day|a day)\b", text):
        return hours * DAYS_A_WEEK["day"]
    if re.search(r"\b(?:a|per|each|every) week\b|\bweekly\b", text) or hours >= 3:
        return hours
    return None if "min" in match[0] else hours * DAYS_A_WEEK["day"]


def _amount(match: re.Match[str]) -> float:
    if match["half"]:
        return 0.5
    low = 1.0 if match["low"] in ("a", "an") else float(match["low"])
    high = match["middle"] or match["high"]
    value = (low + float(high)) / 2 if high and high != "so" else low
    value += 0.5 if match["half2"] else 0
    return value / 60 if match["unit"].startswith("min") else value


def _times_a_week(unit: str, text: str) -> float:
    if unit.startswith(("week", "work")) and not unit.startswith(("weekd", "weeke", "work")):
        return 1
    if unit.startswith("month"):
        return 12 / 52
    if unit.startswith(("weekday", "work")) or re.search(r"\bweekdays?\b|monday (?:to|through) friday", text):
        return DAYS_A_WEEK["weekday"]
    if unit.startswith("weekend"):
        return 1 if unit == "weekend" else DAYS_A_WEEK["weekend"]
    if unit.startswith(("satur", "sun")):
        return len(set(_DAYS_NAMED.findall(text)))
    return DAYS_A_WEEK["day"]


def _parts_of_week(text: str) -> float | None:
    """ "evenings and weekends", "three evenings a week", "Saturday mornings"; None where it is about their job."""
    if _AT_WORK.search(text) and not _WOULD.search(text):
        return None
    days = len(set(_DAYS_NAMED.findall(text)))
    if (days > 1 or _DAYS_PLURAL.search(text)) and not _PARTS.search(text):
        return HOURS_A_FREE_DAY * days
    parts = {
        match["unit"]: match for match in _PARTS.finditer(text) if match["unit"] != "days" or match["week"]
    }
    for every in _EVERY.finditer(text):
        parts.setdefault(f"{every[1]}s", every)
    return sum(_part(unit, match, text) for unit, match in parts.items()) if parts else None


def _part(unit: str, match: re.Match[str], text: str) -> float:
    count = match["count"] if match.re is _PARTS else None
    free_day = unit in ("weekends", "days")
    hours = HOURS_A_FREE_DAY if free_day else HOURS_AN_EVENING
    if count:
        return int(count) * hours
    if unit == "weekends":
        return DAYS_A_WEEK["weekend"] * hours
    if match.re is _EVERY:
        return DAYS_A_WEEK["day"] * hours
    named = len(set(_DAYS_NAMED.findall(text)))
    return (named or DAYS_A_WEEK["weekday"]) * hours
