"""Amounts as a voice says them: "3000-4000/month" becomes "three thousand to four thousand dollars a month".

No digit is left in what is said, for two reasons: voices read "3000-4000/month" badly, and digits before a
unit are how a listener hears the technique `numbers`, which a prospect's own figure must not set off.
"""

import re

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))

_NUMBER = r"\$?\d[\d,]*(?:\.\d+)?k?(?![\d.])"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})", re.IGNORECASE)
_MORE = re.compile(rf"({_NUMBER})\s*\+", re.IGNORECASE)
_PER = re.compile(r"\s*(?:/|\bper\b)\s*(month|week|day|year|hour)\b", re.IGNORECASE)
_NOTHING = re.compile(r"\s*\$?0+(?:\.0+)?(?:[^\d.].*)?$")
_DIGITS = re.compile(_NUMBER, re.IGNORECASE)


def amount_in_words(value: str) -> str:
    """An income ("3000/month", "0-2000/month", "5000+/month", "$45k a year") or a time ("10 hours a week").

    "" for an amount of nothing, which is not worth saying; text without digits comes back as it is.
    """
    if _NOTHING.match(value) and not _RANGE.match(value):
        return ""
    money = "$" in value or re.search(r"\d\+?\s*/\s*(month|year)", value, re.IGNORECASE) is not None
    said = _RANGE.sub(lambda match: _between(match[1], match[2]), value)
    said = _MORE.sub(r"more than \1", said)
    said = _PER.sub(r" a \1", said)
    if money and "dollar" not in said:
        said = re.sub(rf"({_NUMBER})(?!.*\d)", r"\1 dollars", said, count=1, flags=re.IGNORECASE)
    said = _DIGITS.sub(lambda match: _spelled(_value(match[0])), said).strip()
    return re.sub(r"\bone hours\b", "one hour", re.sub(r"(?<!a )half hours\b", "half an hour", said))


def number_in_words(number: int) -> str:
    """A whole number from 0 below a thousand million, as in "four thousand five hundred"."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")
    scale, name = next(scale for scale in _SCALES if number >= scale[0])
    count, rest = divmod(number, scale)
    return f"{number_in_words(count)} {name}" + (f" {number_in_words(rest)}" if rest else "")


def _between(low: str, high: str) -> str:
    return f"{low} to {high}" if _value(low) else f"up to {high}"


def _value(digits: str) -> float:
    bare = digits.lower().strip("$").replace(",", "")
    return float(bare[:-1]) * 1000 if bare.endswith("k") else float(bare)


def _spelled(value: float) -> str:
    whole, rest = divmod(round(value, 1), 1)
    if not rest:
        return number_in_words(int(whole))
    if rest == 0.5:
        return f"{number_in_words(int(whole))} and a half" if whole else "half"
    return f"{number_in_words(int(whole))} point {_SMALL[round(rest * 10)]}"
