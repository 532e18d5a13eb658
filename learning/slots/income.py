"""Reads an income out of an utterance as a monthly range in US dollars.

Takes text in which numbers are digits (`numbers.with_digits`). Money that is lost, paid or owed is no income.
"""

import re
from dataclasses import dataclass
from itertools import islice

MOST_NUMBERS = 20  # that are weighed in one utterance
HOURS_A_WEEK = 40
WEEKS_A_YEAR = 52
# United States federal minimum (29 U.S.C. 206) up to about the highest of a state: people on "minimum wage" of either.
MINIMUM_WAGE = (7.25, 17.0)

MONTHS_IN = {
    "year": 1 / 12,
    "month": 1.0,
    "fortnight": WEEKS_A_YEAR / 24,
    "week": WEEKS_A_YEAR / 12,
    "day": 5 * WEEKS_A_YEAR / 12,
    "hour": HOURS_A_WEEK * WEEKS_A_YEAR / 12,
}
_PERIODS = (
    ("fortnight", r"every (?:two|2|other) weeks?|bi ?weekly|a fortnight|fortnightly"),
    ("year", r"(?:a|per|each|every|/|the) ?(?:year|yr|annum)|yearly|annual(?:ly)?|annum"),
    ("month", r"(?:a|per|each|every|/|the) ?(?:month|mo)|monthly"),
    ("week", r"(?:a|per|each|every|/) ?(?:week|wk)|weekly"),
    ("hour", r"(?:an|a|per|each|every|/) ?(?:hour|hr)|hourly"),
    ("day", r"(?:a|per|each|every|/) ?day|daily"),
)
_PERIOD = re.compile("|".join(rf"(?P<{name}>(?<![a-z])(?:{words})(?![a-z]))" for name, words in _PERIODS))
_NUMBER = r"\d+(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<bound>\b(?:under|below|less than|up to|at most|no more than|over|above|more than|at least|"
    rf"upwards? of) )?"
    rf"(?P<between>between )?(?P<dollar>\$ ?)?(?<![\d.:/])(?P<low>{_NUMBER})"
    rf"(?:(?: (?:to|or maybe|maybe|or)|(?(between) and|(?!))) (?P<dollar2>\$ ?)?(?P<high>{_NUMBER}))?"
    rf"(?P<word> ?(?:dollars?|bucks|usd)\b)?(?P<plus> ?(?:\+|plus\b|or more\b|or better\b))?(?![:.]?\d)"
)
_NOT_INCOME = re.compile(
    r"\b(?:lost|lose|cost|costs|invest(?:ed|ing)?|owe|spent|spend|debts?|loan|fees?|rent|bills?|mortgage|price|"
    r"charge[sd]?|buy|bought|savings?|i (?:paid|pay)|to pay|"
    r"credit card)\b"
)
_SPENT_ON = re.compile(
    r"^(?: (?:a month|a week|in|of|for|on|my|the))* (?:rent|debts?|bills|loan|mortgage|fees?)\b"
)
_IN_YEAR = re.compile(r"\b(?:in|since|from|until|till|of|back in) $")
_INCOME_WORD = re.compile(
    r"\b(?:make|makes|making|made|earn(?:s|ed|ing|ings)?|income|salary|pays? me|bring(?:ing)? (?:in|home)|"
    r"take home|paycheck|wages?|clear|pull(?:ing)? in|get paid|paid)\b"
)
_NOT_MONEY = re.compile(
    r"^ ?(?:%|(?:percent|hours?|hrs?|minutes?|days?|weeks?|months?|years?|kids|people|jobs?|o'clock|"
    r"[ap]\.? ?m|times|question|idea|to my name|left)\b)"
)
_NOTHING = re.compile(
    r"\b(?:unemployed|no income|(?:not|don't|aren't) (?:make|making|earn|earning) (?:anything|any money|"
    r"a dime)|"
    r"(?:make|making|earn|earning|basically|currently|right now) (?:nothing|0)|don't have any? income|"
    r"out of work|between jobs)\b"
)
_BELOW = {"under", "below", "less than", "up to", "at most", "no more than"}


@dataclass(frozen=True)
class _Amount:
    low: float
    high: float
    period: str
    below: bool
    above: bool


def income(text: str) -> str | None:
    """ "3000-4000/month", "3000/month", "0-2000/month" or "5000+/month"; None where no income is named.

    Conversions: 12 months a year, 52 weeks a year, 5 days and 40 hours a week. Converted amounts are rounded to
    two figures' worth (hundreds from 1,000), amounts said by the month are kept. Without a period: from 15,000
    on a year is meant, from 1,000 a month, up to 60 dollars an hour.
    """
    text = re.sub(r"\b(\d{1,2}) (\d{2})(?= (?:an|per) hour)", r"\1.\2", text)  # "seven twenty five an hour"
    if re.search(r"\bminimum wage\b", text) and not re.search(r"\$ ?\d", text):
        return _written(_Amount(*MINIMUM_WAGE, "hour", below=False, above=False))
    if re.search(r"\b(?:six|6) figures?\b", text):
        return _written(_Amount(100_000, 100_000, "year", below=False, above=True))
    period = _PERIOD.search(text)
    amounts = (_amount(text, match, period) for match in islice(_AMOUNT.finditer(text), MOST_NUMBERS))
    found = next((amount for amount in amounts if amount), None)
    if found:
        return _written(found)
    return "0/month" if _NOTHING.search(text) else None


def _amount(text: str, match: re.Match[str], anywhere: re.Match[str] | None) -> _Amount | None:
    """The amount that `match` names; `anywhere` is a period named in the text, for one that has none beside it."""
    after = text[match.end() :]
    before = text[: match.start()]
    if _NOT_MONEY.match(after) or _SPENT_ON.match(after) or _spent(before):
        return None
    low = float(match["low"])
    if _is_year(low) and _IN_YEAR.search(before):
        return None
    high = float(match["high"] or low)
    low = _scaled(low, high)
    dollars = bool(match["dollar"] or match["dollar2"] or match["word"])
    period = _period(text, after, dollars, anywhere)
    if period == "year" and high < 1000:  # "fifty a year"
        low, high = low * 1000, high * 1000
    if period is None and re.search(r"\bextra\b", text) and 100 <= low < 1000:
        period = "month"
    period = period or _likely_period(low, high, dollars)
    if period is None or high < low or not _plausible(high, period):
        return None
    bound = (match["bound"] or "").strip()
    above = bool(match["plus"]) or bool(bound and bound not in _BELOW)
    return _Amount(low, high, period, below=bound in _BELOW, above=above)


def _is_year(number: float) -> bool:
    return 1940 <= number <= 2040 and number % 100 != 0


def _spent(before: str) -> bool:
    """Whether the nearest word about money before the amount is about losing it."""
    spent = [match.end() for match in _NOT_INCOME.finditer(before)]
    earned = [match.end() for match in _INCOME_WORD.finditer(before)]
    return bool(spent) and max(spent) >= max(earned, default=-1)


def _scaled(low: float, high: float) -> float:
    """ "40 to 60 thousand", "15 to 20 hundred": the multiplier was said once, for both."""
    for factor in (1000, 100):
        if low < high / 20 and high >= 1000 and low * factor <= high:
            return low * factor
    return low


def _period(text: str, after: str, dollars: bool, anywhere: re.Match[str] | None) -> str | None:
    near = _PERIOD.match(re.sub(r"^[ ,]*(?:(?:extra|more|additional|or so|maybe)\b[ ,]*)*", "", after))
    if near:
        return near.lastgroup
    known = dollars or bool(_INCOME_WORD.search(text))
    return anywhere.lastgroup if anywhere and known else None


def _likely_period(low: float, high: float, dollars: bool) -> str | None:
    if high >= 1_000_000 and not dollars:  # "thanks a million"
        return None
    if high >= 15_000:
        return "year"
    if high >= 1000 and (dollars or not _is_year(low)):
        return "month"
    return "hour" if dollars and low >= 5 and high <= 60 else None


def _plausible(amount: float, period: str) -> bool:
    monthly = amount * MONTHS_IN[period]
    return 50 <= monthly <= 200_000 and not (period == "hour" and amount > 1000)


def _written(amount: _Amount) -> str:
    low, high = (_monthly(value, amount.period) for value in (amount.low, amount.high))
    if amount.below:
        return f"0-{high}/month"
    if low != high:
        return f"{low}-{high}/month"
    return f"{low}{'+' if amount.above else ''}/month"


def _monthly(value: float, period: str) -> int:
    monthly = value * MONTHS_IN[period]
    if period == "month":
        return round(monthly)
    step = 100 if monthly >= 1000 else 10
    return int(monthly / step + 0.5) * step
