"""The lead file: distinct numbers, known people, consent on each line, and a share that will not talk."""

import csv
import io
import json
import subprocess
import sys

import pytest

from load.leads import COLUMNS, leads, write
from load.numbers import behaviour_of
from load.people import person
from load.places import PLACES


def test_leads_are_the_people_behind_their_numbers() -> None:
    rows = list(leads(3000, 5, now=1_800_000_000))
    assert len({row["phone"] for row in rows}) == len({row["external_id"] for row in rows}) == 3000
    talking = sum(behaviour_of(row["phone"]) == "talker" for row in rows)
    assert 0.70 < talking / 3000 < 0.80
    for row in rows[:50]:
        one = person(5, row["phone"])
        assert (row["first_name"], row["source"], row["timezone"]) == (
            one.first_name,
            one.source,
            one.timezone,
        )
        assert (row["consent"], row["consent_at"]) == ("yes", row["arrived_at"])
        assert row["arrived_at"] < "2027-01-15T08:00:00"
        assert all(row.values())


def test_states_and_talkers_can_be_asked_for() -> None:
    rows = list(leads(500, 5, ["CA", "TX"], only_talkers=True))
    assert {row["state"] for row in rows} == {"CA", "TX"}
    assert {behaviour_of(row["phone"]) for row in rows} == {"talker"}


def test_a_world_has_thousands_of_numbers_and_forty_area_codes() -> None:
    assert len({place.area for place in PLACES}) == len(PLACES) <= 40
    with pytest.raises(ValueError, match="more than half"):
        list(leads(200_000, 1))
    with pytest.raises(ValueError, match="no area code of ZZ"):
        list(leads(1, 1, ["ZZ"]))


def test_both_formats_hold_the_same() -> None:
    table, lines = io.StringIO(), io.StringIO()
    write(leads(20, 9, now=1e9), "csv", table)
    write(leads(20, 9, now=1e9), "jsonl", lines)
    table.seek(0)
    rows = list(csv.DictReader(table))
    assert rows == [json.loads(line) for line in lines.getvalue().splitlines()]
    assert tuple(rows[0]) == COLUMNS


def test_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "load.leads", "--count", "2", "--seed", "1", "--states", "ZZ"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ran.returncode == 1
    assert "no area code of ZZ" in ran.stderr
