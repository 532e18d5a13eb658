"""Writes spoken numbers as digits, so that what reads amounts, hours and times sees one form.

"twenty five hundred" becomes "2500", "$3.5k" "$3500", "five grand" "$5000", "one and a half" "1.5".
Everything else is kept, in lower case; it must never join two numbers that are only neighbours ("two fifty").
"""

import re

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SMALL = {word: number for number, word in enumerate(_UNITS)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
# "a few" and "a couple" are taken at their word: three and two.
VAGUE = {"couple": 2.0, "few": 3.0, "dozen": 12.0}
MULTIPLIERS = {"hundred": 100, "thousand": 1000, "k": 1000, "grand": 1000, "million": 1_000_000}
_PLURALS = {"hundreds": "hundred", "thousands": "thousand"}
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+(?:'[a-z]+)?|\s+|[^\w\s]|\w")


def plain(text: str) -> str:
    """Lower case with straight quotes, no thousands separators, and ranges written with "to"."""
    text = text.lower().replace("’", "'").replace("‘", "'")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"(?<=[\dk])\s*[-–—]\s*(?=\$?\d)", " to ", text)
    return re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)


def with_digits(text: str) -> str:
    """`text` in plain form with each spoken number as digits; what is no number is left as it was."""
    tokens = _TOKEN.findall(plain(text))
    written: list[str] = []
    position = 0
    while position < len(tokens):
        number = _Number(tokens, position)
        if number.found:
            written.append(number.written())
            position = number.end
        else:
            written.append(tokens[position])
            position += 1
    return "".join(written)


class _Number:
    """The longest number that begins at a token; `end` is the token after it."""

    def __init__(self, tokens: list[str], start: int) -> None:
        self.tokens = tokens
        self.end = start
        self.total = 0.0
        self.group: float | None = None
        self.last = 0  # the place value read last: what follows must be smaller
        self.dollars = False
        self._read(start)

    @property
    def found(self) -> bool:
        return self.group is not None or self.total > 0

    def written(self) -> str:
        value = round(self.total + (self.group or 0), 6)
        digits = f"{value:.6f}".rstrip("0").rstrip(".")
        return f"${digits}" if self.dollars else digits

    def _read(self, position: int) -> None:
        if self.tokens[position] == "a":
            following, after = self._word(position + 1)
            if following in MULTIPLIERS and following != "k":
                self.group, self.end = 1, position + 1
            if following in MULTIPLIERS or following in VAGUE:
                position = after - 1
        while position < len(self.tokens) and self._take(self.tokens[position]):
            self.end = position + 1
            if self.tokens[position] in VAGUE and self._word(self.end)[0] == "of":
                self.end = self._word(self.end)[1]
            self._half()
            position = self._next(self.end)

    def _take(self, word: str) -> bool:
        word = _PLURALS.get(word, word) if self.found else word
        if word in MULTIPLIERS:
            return self._multiply(word)
        value = self._value(word)
        if value is None or not self._fits(value):
            return False
        self.group = (self.group or 0) + value
        self.last = 20 if value >= 20 and value % 10 == 0 and word in SMALL else 1
        return True

    def _multiply(self, word: str) -> bool:
        factor = MULTIPLIERS[word]
        if word in ("k", "grand") and self.group is None:  # "k" and "grand" alone are no numbers
            return False
        if self.last == factor or (self.total and factor > 1000 and self.last != 1):
            return False
        self.dollars = self.dollars or word == "grand"
        self.group = (1 if self.group is None else self.group) * factor
        if factor >= 1000:
            self.total, self.group = self.total + self.group, None
        self.last = factor
        return True

    def _value(self, word: str) -> float | None:
        if word in SMALL:
            return float(SMALL[word])
        if word in VAGUE:
            return VAGUE[word]
        return float(word) if word[0].isdecimal() else None

    def _fits(self, value: float) -> bool:
        """Whether `value` may stand behind what was read: "twenty five", "six hundred fifty", "3 thousand 500"."""
        if not self.found:
            return True
        if self.last == 20:
            return 0 < value < 10
        return value < self.last if self.last >= 100 else False

    def _half(self) -> None:
        """ "two and a half", before a multiplier or at the end."""
        words = [self._word(self.end)]
        while len(words) < 3:
            words.append(self._word(words[-1][1]))
        if (
            [word for word, _ in words] == ["and", "a", "half"]
            and self.group is not None
            and self.group < 100
        ):
            self.group += 0.5
            self.end = words[-1][1]
            self.last = 1

    def _word(self, position: int) -> tuple[str, int]:
        """The next word at or after `position` on the same breath, and the token behind it."""
        while position < len(self.tokens) and self.tokens[position].isspace():
            position += 1
        return (self.tokens[position], position + 1) if position < len(self.tokens) else ("", position)

    def _next(self, position: int) -> int:
        """Where the number may go on: the next word, past an "and" that joins."""
        word, after = self._word(position)
        if word == "and" and self.last in (100, 1000):
            follower, behind = self._word(after)
            if follower in SMALL and self._word(behind)[0] not in MULTIPLIERS:
                return behind - 1
        return after - 1 if word else position
