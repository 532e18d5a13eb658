"""`python -m load.leads`: a file of leads to import, one person of this world a line, with consent on record.

The numbers are 555 numbers of real area codes; a quarter of them is what a sales floor meets: no answer,
voicemail, busy, wrong person, do not call, dead numbers.
"""

import argparse
import csv
import json
import random
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from load.clock import iso
from load.draws import number_of
from load.people import person, public_facts
from load.places import PLACES, Place

COLUMNS = (
    "external_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "source",
    "campaign",
    "form",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "arrived_at",
    "initial_interest",
    "timezone",
    "country",
    "state",
    "city",
    "consent",
    "consent_at",
    "consent_how",
    "consent_evidence",
)
# The two digits that choose the behaviour, and their share of all leads; the rest talks (00 to 49).
_NOT_TALKING = {62: 0.08, 61: 0.07, 60: 0.035, 64: 0.025, 65: 0.02, 69: 0.02}
_CAMPAIGNS = {
    "facebook": ("fb_home_income", "fb_parents", "fb_second_job"),
    "google": ("g_work_from_home", "g_side_income"),
    "referral": ("friends_first",),
    "webinar": ("webinar_tuesday", "webinar_weekend"),
}
_MEDIUM = {"facebook": "paid_social", "google": "cpc", "referral": "referral", "webinar": "email"}
_DAY = 86400.0


def _code(chance: random.Random, only_talkers: bool) -> int:
    point = chance.random()
    for code, share in _NOT_TALKING.items():
        if point < share and not only_talkers:
            return code
        point -= share
    return chance.randrange(50)


def numbers(seed: int, places: list[Place], only_talkers: bool) -> Iterator[str]:
    """Distinct numbers without end, until each code of each area is used up."""
    chance = random.Random(number_of(seed, "leads"))
    used: set[str] = set()
    while True:
        place = chance.choice(places)
        number = f"+1{place.area}555{_code(chance, only_talkers):02d}{chance.randrange(100):02d}"
        if number not in used:
            used.add(number)
            yield number


def lead(seed: int, number: str, index: int, now: float) -> dict[str, str]:
    """One line of the file; the lead asked for information within the last three weeks before `now`."""
    one = person(seed, number)
    chance = random.Random(number_of(seed, "lead", number))
    campaign = chance.choice(_CAMPAIGNS[one.source])
    arrived = now - chance.uniform(0.1, 21) * _DAY
    form = f"form_{campaign}_{one.initial_interest}"
    found = {
        **public_facts(one),
        "external_id": f"L{seed}-{index:06d}",
        "email": f"{one.first_name}.{one.last_name}{number[-4:]}@example.com".lower(),
        "campaign": campaign,
        "form": form,
        "utm_source": one.source,
        "utm_medium": _MEDIUM[one.source],
        "utm_campaign": campaign,
        "arrived_at": iso(arrived),
        "consent": "yes",
        "consent_at": iso(arrived),
        "consent_how": "web form, written, calls with an artificial voice",
        "consent_evidence": f"https://example.com/consents/{number_of(seed, 'consent', number):016x}",
    }
    return {name: found[name] for name in COLUMNS}


def leads(
    count: int,
    seed: int,
    states: list[str] | None = None,
    only_talkers: bool = False,
    now: float | None = None,
) -> Iterator[dict[str, str]]:
    """`count` leads of distinct numbers; states: two-letter codes, all if None. ValueError if there are none
    or too few numbers for so many leads."""
    places = [place for place in PLACES if not states or place.state in states]
    if not places:
        raise ValueError(f"no area code of {', '.join(states or [])}")
    most = len(places) * 50 * 100
    if count > most // 2:
        raise ValueError(f"{count} leads are more than half of the {most} numbers there are")
    asked = time.time() if now is None else now
    for index, number in zip(range(count), numbers(seed, places, only_talkers), strict=False):
        yield lead(seed, number, index, asked)


def write(rows: Iterator[dict[str, str]], form: str, out: TextIO) -> None:
    """csv with a header, or jsonl."""
    if form == "jsonl":
        for row in rows:
            out.write(json.dumps(row) + "\n")
        return
    table = csv.DictWriter(out, COLUMNS)
    table.writeheader()
    table.writerows(rows)


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m load.leads", description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument(
        "--seed", type=int, required=True, help="the simulator's, so that people are who they say"
    )
    parser.add_argument("--states", default="", help="CA,TX,…; all if left out")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    parser.add_argument("--only-talkers", action="store_true")
    parser.add_argument("--now", type=float, default=None, help="epoch seconds before which leads arrived")
    options = parser.parse_args(given)
    states = [state for state in options.states.split(",") if state] or None
    try:
        rows = leads(options.count, options.seed, states, options.only_talkers, options.now)
        write(rows, options.format, sys.stdout)
    except ValueError as problem:
        sys.exit(f"leads: {problem}")


if __name__ == "__main__":
    main()
