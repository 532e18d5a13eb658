"""Reads when someone wants to be called back, as an instant in UTC that is never in the past.

Days and parts of days come from small tables, dates with a month from dateparser. Hours are read on the lead's
own clock: an hour that the clock skips in spring becomes the next one that exists, one that it shows twice in
autumn is the first. Habits ("evenings"), greetings and the past are no times to call.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dateparser

MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# When a part of the day is taken to be; "tomorrow" alone is the morning of it.
PARTS = {
    "first thing": time(9), "early morning": time(9), "late morning": time(11), "mid morning": time(10, 30),
    "morning": time(10), "noon": time(12), "midday": time(12), "lunch": time(12), "lunchtime": time(12),
    "lunch time": time(12), "after lunch": time(13), "early afternoon": time(13), "mid afternoon": time(15),
    "late afternoon": time(16),
    "afternoon": time(14), "after work": time(18), "after dinner": time(19), "end of the day": time(17),
    "end of day": time(17), "early evening": time(17), "late evening": time(20), "evening": time(18),
    "tonight": time(19), "night": time(20), "midnight": time(0),
}  # fmt: skip
DEFAULT_TIME = time(10)
# Hours without am or pm are taken to lie here; the last is excluded.
WAKING = (8, 21)
# "In a minute" asks to hold the line, not to be called back.
SHORTEST_AHEAD = timedelta(minutes=5)
A_WHILE = timedelta(hours=1)
LONGEST_AHEAD = timedelta(days=366)
ZONES = {
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles", "alaska": "America/Anchorage", "hawaii": "Pacific/Honolulu",
    "est": "America/New_York", "edt": "America/New_York", "cst": "America/Chicago", "cdt": "America/Chicago",
    "mst": "America/Denver", "mdt": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
}  # fmt: skip
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]

_WEEKDAY = "|".join(WEEKDAYS)
_PART = "|".join(sorted(PARTS, key=len, reverse=True))
_PAST = re.compile(
    r"\b(?:yesterday|ago|since|used to|last (?:week|month|year|night|time|"
    + _WEEKDAY
    + r")|every|each|usually|"
    r"always|(?<!busy )(?<!work )(?<!working )(?<!meeting )(?<!up )(?<!driving )(?:until|till)|already)\b"
)
_IN = re.compile(
    r"\b(?:(?<!put )(?<!get )in(?: about| around| like| maybe| just| another)?|within|give me|after|another|for) "
    r"(?:the next )?"
    r"(?P<n>half an|half a|an|a|\d+(?:\.\d+)?)(?: to (?P<m>\d+(?:\.\d+)?)| or (?P<o>\d+))?(?: more)? "
    r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?|months?)(?: or (?P<p>\d+|so))?(?P<half> and a half)?\b"
    r"(?! (?:a|per|each) (?:day|week|month)| to (?:think|consider|decide|look|talk|mull|sleep))"
)
_FROM_NOW = re.compile(
    r"\b(?P<n>half an|half a|an|a|\d+(?:\.\d+)?)(?: (?:to|or) (?P<m>\d+))? "
    r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?|months?)(?P<half> and a half)? (?:from now|later|"
    r"from today)\b"
)
_CLOCK = re.compile(
    r"(?P<lead>\b(?:at|around|about|by|near|say|maybe|after|before|past|between|from|until|till) )?"
    r"(?<![\d$.:/])(?P<hour>\d{1,2})(?:(?::| (?=[0-5]\d\b))(?P<minute>[0-5]\d))?"
    r"(?P<clock> ?o'? ?clock)?(?: (?:or|to|and) \d{1,2}(?::[0-5]\d)?)?"
    r"(?: ?(?P<half>[ap])\.? ?m\b\.?)?(?P<ish>ish\b| ish\b)?(?![\d%:/]| ?(?:percent|dollars|bucks|hours?|"
    r"hrs?|minutes?|mins?|"
    r"days?|weeks?|months?|years?|kids|jobs?|people|times|k\b|grand|thousand|hundred))"
)
_PAST_HOUR = re.compile(
    r"\b(?<!from )(?P<amount>half|quarter|a quarter|5|10|20|25)(?: minutes)? (?P<way>past|after|to|before|till|of) "
    r"(?P<hour>\d{1,2})\b"
    r"(?: ?(?P<half>[ap])\.? ?m\b)?"
)
_PARTS = re.compile(
    rf"(?P<good>\b(?:good|nice|great|lovely|enjoy your|have a \w+|sleep at|work at) )?\b(?P<part>{_PART})\b(?!s)"
)
_DAY = re.compile(
    r"\b(?P<after>(?:the )?day after tomorrow)|\b(?P<tomorrow>tomorrow|tmrw)|\b(?P<today>(?<!not )today|"
    r"tonight|"
    r"this (?:morning|afternoon|evening)|later on)|"
    rf"\b(?:(?P<which>next|this|coming|this coming|on|"
    rf"the following)? ?)(?P<weekday>{_WEEKDAY})(?P<week> (?:after next|next week))?\b|"
    r"\b(?<!good )(?<!nice )(?<!great )(?<!lovely )"
    r"(?P<weekend>(?P<nextend>next )?(?:this |the )?weekend)\b|\b(?P<nextweek>next week|"
    r"the (?:following|coming) week)|"
    r"\b(?P<nextmonth>next month)"
)
_DATE = re.compile(
    rf"\b(?P<date>(?:{MONTHS})\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?:,? 20\d\d)?|"
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTHS})\b(?:,? 20\d\d)?)|"
    r"\b(?P<numeric>\d{1,2}/\d{1,2}(?:/\d{2,4})?)\b|\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)\b"
)
_ORDINAL_ENDING = re.compile(r"(?:st|nd|rd|th)\b")


@dataclass(frozen=True)
class _Clock:
    """A time of day; `sure` where am or pm was said or follows from the words, `vague` for a part of the day."""

    at: time
    sure: bool
    vague: bool = False


def callback_at(text: str, now: datetime, timezone: str) -> datetime | None:
    """The instant meant, after `now`, within a year; None where no time to call is named.

    `text` with numbers as digits; `now` aware; `timezone` an IANA name, unless the text names one of ZONES.
    "next Friday" is the Friday of the next week, from Monday on; a day without a time is 10:00.
    """
    text = _ordinals(text)
    zone = ZoneInfo(_zone_named(text) or timezone)
    local = now.astimezone(zone)
    try:
        found = _relative(text, now) or _absolute(text, local)
    except OverflowError:  # beyond the calendar: "in a million weeks"
        return None
    if found is None or not now < found <= now + LONGEST_AHEAD:
        return None
    return found.astimezone(UTC)


def _ordinals(text: str) -> str:
    """ "june third" and "the twenty first" as "june 3rd" and "the 21st"; "20 1st" comes from the numbers' reader."""
    for number, word in enumerate(_ORDINALS, 1):
        before = (
            r"on the |(?<=20 )|(?<=30 )|" + rf"\b(?:{MONTHS}) (?:the )?" + ("|the " if number > 3 else "")
        )
        text = re.sub(rf"({before}){word}\b", rf"\g<1>{number}th", text)
        text = re.sub(rf"\b{word} of (?={MONTHS})", f"{number}th of ", text)
    text = re.sub(r"\b(20|30) ([1-9])th\b", lambda match: f"{int(match[1]) + int(match[2])}th", text)
    return text.replace("thirtieth", "30th")


def _zone_named(text: str) -> str | None:
    match = re.search(
        rf"(?:\d|[ap]\.?m\.?|noon|o'clock|my) ({'|'.join(ZONES)})\b|\b({'|'.join(ZONES)}) time\b", text
    )
    return ZONES[match[1] or match[2]] if match else None


def _relative(text: str, now: datetime) -> datetime | None:
    match = _FROM_NOW.search(text) or _IN.search(text)
    if not match or re.match(r" ago\b", text[match.end() :]):
        return None
    if match["unit"].startswith(("day", "week", "month")) and (_clock(text) or _part(text)):
        return None
    if match[0].startswith("for ") and not re.search(r"\b(?:call|try|busy|tied up|wait)\b", text):
        return None
    span = _span(match)
    return now + span if span >= SHORTEST_AHEAD else None


def _span(match: re.Match[str]) -> timedelta:
    groups = match.groupdict()
    first = {"half an": 0.5, "half a": 0.5, "an": 1.0, "a": 1.0}.get(match["n"]) or float(match["n"])
    upper = groups.get("m") or groups.get("o") or groups.get("p")
    amount = float(upper) if upper and upper != "so" else first
    amount += 0.5 if match["half"] else 0
    unit = match["unit"]
    if unit.startswith("month"):
        return timedelta(days=30 * amount)
    names = {"min": "minutes", "hou": "hours", "hrs": "hours", "hr": "hours", "day": "days", "wee": "weeks"}
    return timedelta(**{names[unit[:3]]: amount})


def _absolute(text: str, local: datetime) -> datetime | None:
    day = _day(text, local)
    if _PAST.search(text) and not re.search(r"\b(?:call|ring|phone|try|reach|talk)\b", text):
        return None
    clock = _clock(text) or _part(text) or _same_time(text, local)
    if clock is None:
        return _at(day, DEFAULT_TIME, local) if day and not _today_only(text) else None
    if day:
        return _on_day(day, clock, local)
    return _next(clock, local)


def _today_only(text: str) -> bool:
    match = _DAY.search(text)
    return bool(match and match["today"])


def _day(text: str, local: datetime) -> date | None:
    today = local.date()
    dated = _dated(text, local)
    if dated:
        return dated
    ahead = _IN.search(text) or _FROM_NOW.search(text)
    if ahead and ahead["unit"].startswith(("day", "week", "month")):
        return (local + _span(ahead)).date()
    days = list(_DAY.finditer(text))
    named = next((match for match in days if match["weekday"]), None)
    if named:
        return _weekday(named, today, any(match["nextweek"] for match in days))
    if not days:
        return None
    match = days[0]
    monday = today + timedelta(days=7 - today.weekday())
    if match["weekend"]:
        saturday = today + timedelta(days=(5 - today.weekday()) % 7)
        return saturday + timedelta(days=7 if match["nextend"] else 0)
    if match["nextmonth"]:
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if match["nextweek"]:
        return monday
    return today + timedelta(days=2 if match["after"] else 1 if match["tomorrow"] else 0)


def _weekday(match: re.Match[str], today: date, next_week: bool) -> date:
    wanted = WEEKDAYS.index(match["weekday"])
    nearest = today + timedelta(days=(wanted - today.weekday()) % 7 or 7)
    in_next_week = today + timedelta(days=7 - today.weekday() + wanted)
    if match["week"] == " after next":
        return in_next_week + timedelta(days=0 if match["which"] == "next" else 7)
    if match["which"] in ("next", "the following") or match["week"] or next_week:
        return in_next_week
    return nearest


def _dated(text: str, local: datetime) -> date | None:
    match = _DATE.search(text)
    if match is None:
        return None
    if match["day"]:
        return _day_of_month(int(match["day"]), local.date())
    return _parsed(match["date"] or match["numeric"], local)


def _day_of_month(day: int, today: date) -> date | None:
    first = today.replace(day=1)
    for _ in range(3):
        try:
            candidate = first.replace(day=day)
        except ValueError:
            candidate = None
        if candidate and candidate >= today:
            return candidate
        first = (first + timedelta(days=32)).replace(day=1)
    return None


def _parsed(words: str, local: datetime) -> date | None:
    settings = {
        "RELATIVE_BASE": local.replace(tzinfo=None),
        "TIMEZONE": str(local.tzinfo),
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "MDY",
    }
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return found.date() if found else None


def _clock(text: str) -> _Clock | None:
    match = _PAST_HOUR.search(text)
    if match:
        return _past_hour(match, text)
    bare = re.fullmatch(r"\W*(?:[a-z\']+ ){0,2}\d{1,2}(?::\d\d| [0-5]\d)?\W*", text)
    near_day = _DAY.search(text) or _part_word(text)
    dates = [dated.span() for dated in _DATE.finditer(text)]
    for match in _CLOCK.finditer(text):
        said = (
            match["lead"]
            or match["half"]
            or match["clock"]
            or match["ish"]
            or (match["minute"] and ":" in match[0])
        )
        if int(match["hour"]) < 24 and (said or near_day or bare) and not _is_date(text, match, dates):
            return _read(match, text)
    return None


def _is_date(text: str, match: re.Match[str], dates: list[tuple[int, int]]) -> bool:
    hour = match.start("hour")
    return any(start <= hour < end for start, end in dates) or bool(
        _ORDINAL_ENDING.match(text, match.end("hour"))
    )


def _read(match: re.Match[str], text: str) -> _Clock:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    before = (match["lead"] or "").strip() == "before"
    clock = _with_half(hour, minute, match["half"], text)
    if before:  # half an hour before the hour that is too late
        earlier = datetime.combine(date(2000, 1, 2), clock.at) - timedelta(minutes=30)
        return _Clock(earlier.time(), clock.sure)
    return clock


def _past_hour(match: re.Match[str], text: str) -> _Clock:
    amount = {"half": 30, "quarter": 15, "a quarter": 15}.get(match["amount"]) or int(match["amount"])
    later = match["way"] in ("past", "after")
    clock = _with_half(int(match["hour"]) % 24, 0, match["half"], text)
    shift = timedelta(minutes=amount if later else -amount)
    return _Clock((datetime.combine(date(2000, 1, 2), clock.at) + shift).time(), clock.sure)


def _with_half(hour: int, minute: int, half: str | None, text: str) -> _Clock:
    if half:
        return _Clock(time(hour % 12 + (12 if half == "p" else 0), minute), sure=True)
    part = _part_word(text)
    if part and 1 <= hour <= 12:
        late = PARTS[part] >= time(12) and part != "midnight"
        return _Clock(time(hour % 12 + (12 if late else 0), minute), sure=True)
    if hour > 12 or hour == 0:
        return _Clock(time(hour, minute), sure=True)
    return _Clock(time(hour if hour >= WAKING[0] else hour + 12, minute), sure=False)


def _part_word(text: str) -> str | None:
    for match in _PARTS.finditer(text):
        if not match["good"] and not (match["part"] == "morning" and text.strip(" .!,") == "morning"):
            return match["part"]
    return None


def _part(text: str) -> _Clock | None:
    part = _part_word(text)
    return _Clock(PARTS[part], sure=True, vague=True) if part else None


def _same_time(text: str, local: datetime) -> _Clock | None:
    same = re.search(r"\bsame time\b", text)
    return _Clock(local.time().replace(second=0, microsecond=0), sure=True) if same else None


def _on_day(day: date, clock: _Clock, local: datetime) -> datetime | None:
    found = _at(day, clock.at, local)
    if found > local:
        return found
    if clock.vague and day == local.date():  # "later this afternoon", in the middle of it
        soon = local + A_WHILE
        return soon if WAKING[0] <= soon.hour < WAKING[1] and soon.date() == day else None
    later = _at(day, time((clock.at.hour + 12) % 24, clock.at.minute), local)
    return later if not clock.sure and later > local and later.hour < WAKING[1] else None


def _next(clock: _Clock, local: datetime) -> datetime:
    """The next time the clock shows this, of an uncertain hour the one when people are awake."""
    hours = {clock.at.hour} if clock.sure else {clock.at.hour, (clock.at.hour + 12) % 24}
    candidates = [
        _at(local.date() + timedelta(days=ahead), time(hour, clock.at.minute), local)
        for ahead in range(3)
        for hour in sorted(hours)
        if clock.sure or WAKING[0] <= hour < WAKING[1]
    ]
    return min(candidate for candidate in candidates if candidate > local)


def _at(day: date, at: time, local: datetime) -> datetime:
    """That wall-clock time as an instant; through UTC, so that a skipped hour becomes one that exists."""
    return datetime.combine(day, at, local.tzinfo).astimezone(UTC).astimezone(local.tzinfo)
