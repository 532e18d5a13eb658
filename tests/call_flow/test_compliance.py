"""Who may be dialled when: by state, zone, day and number, against a table."""

from datetime import UTC, date, datetime

import pytest

from call_flow.compliance import Reason, Rules, RulesError, allowed_until, next_allowed
from call_flow.compliance.holidays import easter
from tests.call_flow.dialled import (
    ADAK,
    ANCHORAGE,
    CENTRAL,
    EAST,
    HONOLULU,
    MOUNTAIN,
    PHOENIX,
    RULES,
    SAN_JUAN,
    WEST,
    ask,
    at,
    number,
)

OPEN, DAY, HOURS, WHERE = None, "state_forbids_day", "outside_hours", "unknown_location"

# Local time, its zone, area code, state and zone of the address, what is expected. 2026-03-02 is a Monday.
TABLE = [
    # federal hours and the guard band at both ends
    ("2026-03-02 08:00", EAST, "212", "NY", EAST, HOURS),
    ("2026-03-02 08:04:59", EAST, "212", "NY", EAST, HOURS),
    ("2026-03-02 08:05", EAST, "212", "NY", EAST, OPEN),
    ("2026-03-02 20:54:59", EAST, "212", "NY", EAST, OPEN),
    ("2026-03-02 20:55", EAST, "212", "NY", EAST, HOURS),
    ("2026-03-02 23:30", EAST, "212", "NY", EAST, HOURS),
    ("2026-03-01 10:00", EAST, "212", "NY", EAST, OPEN),
    # stricter evenings and mornings
    ("2026-03-02 19:54", EAST, "305", "FL", EAST, OPEN),
    ("2026-03-02 19:56", EAST, "305", "FL", EAST, HOURS),
    ("2026-03-02 08:30", EAST, "203", "CT", EAST, HOURS),
    ("2026-03-02 19:56", EAST, "203", "CT", EAST, HOURS),
    ("2026-03-02 19:56", EAST, "410", "MD", EAST, HOURS),
    ("2026-03-02 19:56", EAST, "617", "MA", EAST, HOURS),
    ("2026-03-02 19:56", WEST, "206", "WA", WEST, HOURS),
    ("2026-03-02 09:58", EAST, "502", "KY", EAST, HOURS),
    ("2026-03-02 10:05", EAST, "502", "KY", EAST, OPEN),
    ("2026-03-02 09:04", WEST, "415", "CA", WEST, HOURS),
    ("2026-03-02 09:05", WEST, "415", "CA", WEST, OPEN),
    ("2026-03-02 08:30", CENTRAL, "405", "OK", CENTRAL, HOURS),
    ("2026-03-02 19:58", CENTRAL, "405", "OK", CENTRAL, HOURS),
    ("2026-03-02 08:30", CENTRAL, "612", "MN", CENTRAL, HOURS),
    ("2026-03-02 16:54", EAST, "207", "ME", EAST, OPEN),
    ("2026-03-02 17:30", EAST, "207", "ME", EAST, HOURS),
    ("2026-03-02 17:58", EAST, "401", "RI", EAST, HOURS),
    ("2026-03-07 16:50", EAST, "401", "RI", EAST, OPEN),
    ("2026-03-07 17:30", EAST, "401", "RI", EAST, HOURS),
    ("2026-03-02 08:30", CENTRAL, "312", "IL", CENTRAL, HOURS),
    ("2026-03-02 09:05", CENTRAL, "312", "IL", CENTRAL, OPEN),
    ("2026-03-02 08:30", EAST, "313", "MI", EAST, HOURS),
    ("2026-03-02 20:54", EAST, "313", "MI", EAST, OPEN),
    ("2026-03-02 09:30", EAST, "906", "MI", EAST, HOURS),
    ("2026-03-02 09:04", MOUNTAIN, "505", "NM", MOUNTAIN, HOURS),
    ("2026-03-02 09:05", MOUNTAIN, "505", "NM", MOUNTAIN, OPEN),
    ("2026-03-02 19:56", WEST, "702", "NV", WEST, HOURS),
    ("2026-03-02 19:54", WEST, "702", "NV", WEST, OPEN),
    ("2026-03-02 08:30", WEST, "702", "NV", WEST, HOURS),
    ("2026-03-02 19:56", MOUNTAIN, "307", "WY", MOUNTAIN, HOURS),
    ("2026-03-02 19:54", MOUNTAIN, "307", "WY", MOUNTAIN, OPEN),
    ("2026-03-02 18:54", EAST, "215", "PA", EAST, OPEN),
    ("2026-03-02 18:56", EAST, "215", "PA", EAST, HOURS),
    ("2026-03-02 08:30", EAST, "215", "PA", EAST, HOURS),
    # Saturdays and Sundays
    ("2026-03-07 11:50", EAST, "215", "PA", EAST, OPEN),
    ("2026-03-07 12:30", EAST, "215", "PA", EAST, HOURS),
    ("2026-03-01 12:00", EAST, "215", "PA", EAST, DAY),
    ("2026-03-07 12:00", EAST, "207", "ME", EAST, DAY),
    ("2026-03-07 12:00", CENTRAL, "605", "SD", CENTRAL, DAY),
    ("2026-03-01 12:00", CENTRAL, "205", "AL", CENTRAL, DAY),
    ("2026-03-01 12:00", CENTRAL, "504", "LA", CENTRAL, DAY),
    ("2026-03-01 12:00", CENTRAL, "601", "MS", CENTRAL, DAY),
    ("2026-03-02 12:00", CENTRAL, "601", "MS", CENTRAL, OPEN),
    ("2026-03-01 12:00", EAST, "401", "RI", EAST, DAY),
    ("2026-03-01 12:00", MOUNTAIN, "801", "UT", MOUNTAIN, DAY),
    ("2026-03-01 11:30", CENTRAL, "214", "TX", CENTRAL, HOURS),
    ("2026-03-01 12:05", CENTRAL, "214", "TX", CENTRAL, OPEN),
    ("2026-03-01 12:30", CENTRAL, "402", "NE", CENTRAL, HOURS),
    ("2026-03-01 13:30", CENTRAL, "402", "NE", CENTRAL, OPEN),
    # holidays, fixed and moving, and the days beside them
    ("2026-07-03 12:00", CENTRAL, "205", "AL", CENTRAL, DAY),
    ("2026-07-03 12:00", EAST, "212", "NY", EAST, OPEN),
    ("2026-02-17 12:00", CENTRAL, "504", "LA", CENTRAL, DAY),
    ("2026-04-03 12:00", EAST, "215", "PA", EAST, DAY),
    ("2026-07-24 12:00", MOUNTAIN, "801", "UT", MOUNTAIN, DAY),
    ("2026-11-03 12:00", EAST, "215", "PA", EAST, DAY),
    ("2026-12-25 12:00", CENTRAL, "601", "MS", CENTRAL, OPEN),
    ("2026-11-26 11:00", CENTRAL, "402", "NE", CENTRAL, HOURS),
    # days on which the clocks change (8 March and 1 November 2026), and the day before
    ("2026-03-07 08:06", EAST, "212", "NY", EAST, OPEN),
    ("2026-03-08 08:06", EAST, "212", "NY", EAST, OPEN),
    ("2026-03-08 08:04", EAST, "212", "NY", EAST, HOURS),
    ("2026-10-31 20:54", EAST, "212", "NY", EAST, OPEN),
    ("2026-11-01 20:54", EAST, "212", "NY", EAST, OPEN),
    ("2026-11-01 20:56", EAST, "212", "NY", EAST, HOURS),
    ("2026-11-01 08:04", EAST, "212", "NY", EAST, HOURS),
    # Arizona keeps no daylight saving time; its north-east does
    ("2026-07-06 08:06", PHOENIX, "602", "AZ", PHOENIX, OPEN),
    ("2026-07-06 08:04", PHOENIX, "602", "AZ", PHOENIX, HOURS),
    ("2026-07-06 20:30", PHOENIX, "928", "AZ", PHOENIX, HOURS),
    ("2026-01-05 20:30", PHOENIX, "928", "AZ", PHOENIX, OPEN),
    # states in two zones
    ("2026-03-02 08:30", EAST, "317", "IN", EAST, OPEN),
    ("2026-03-02 08:30", EAST, "219", "IN", EAST, HOURS),
    ("2026-03-02 20:30", CENTRAL, "219", "IN", CENTRAL, HOURS),
    ("2026-03-02 08:30", EAST, "317", "IN", None, HOURS),
    ("2026-03-02 08:30", EAST, "850", "FL", EAST, HOURS),
    ("2026-03-02 20:30", CENTRAL, "615", "TN", None, HOURS),
    ("2026-03-02 20:30", CENTRAL, "615", "TN", CENTRAL, OPEN),
    ("2026-03-02 09:30", CENTRAL, "915", "TX", None, HOURS),
    # far zones
    ("2026-03-02 08:06", HONOLULU, "808", "HI", HONOLULU, OPEN),
    ("2026-03-02 20:56", HONOLULU, "808", "HI", HONOLULU, HOURS),
    ("2026-03-02 08:30", ANCHORAGE, "907", "AK", ANCHORAGE, HOURS),
    ("2026-03-02 09:06", ANCHORAGE, "907", "AK", ANCHORAGE, OPEN),
    ("2026-03-02 20:30", ADAK, "907", "AK", ADAK, HOURS),
    ("2026-07-06 08:06", SAN_JUAN, "787", "PR", SAN_JUAN, OPEN),
    ("2026-07-06 20:56", SAN_JUAN, "787", "Puerto Rico", SAN_JUAN, HOURS),
    ("2026-07-06 12:00", "Pacific/Guam", "671", "GU", "Pacific/Guam", OPEN),
    # address against area code: both have to allow it
    ("2026-03-02 09:30", EAST, "415", "NY", EAST, HOURS),
    ("2026-03-02 20:30", WEST, "212", "CA", WEST, HOURS),
    ("2026-03-02 12:30", EAST, "415", "NY", EAST, OPEN),
    ("2026-03-01 12:30", EAST, "205", "NY", EAST, DAY),
    ("2026-03-01 12:30", CENTRAL, "212", "AL", CENTRAL, DAY),
    ("2026-03-02 20:30", EAST, "305", "NY", EAST, HOURS),
    ("2026-03-02 14:05", EAST, "808", "NY", EAST, OPEN),
    ("2026-03-02 13:04", EAST, "808", "NY", EAST, HOURS),
    # a zone that only repeats the area code says nothing of another state's address
    ("2026-03-02 08:06", EAST, "212", "TN", EAST, HOURS),
    ("2026-03-02 09:06", EAST, "212", "TN", EAST, OPEN),
    # a zone outside the state is one more zone, not another
    ("2026-03-02 09:30", EAST, "415", "CA", EAST, HOURS),
    # what is not known
    ("2026-03-02 12:00", EAST, "212", None, None, OPEN),
    ("2026-03-02 12:00", EAST, "212", "Bavaria", EAST, WHERE),
    ("2026-03-02 12:00", EAST, "212", "NY", "America/Gotham", WHERE),
    ("2026-03-02 12:00", EAST, "800", None, EAST, WHERE),
    ("2026-03-02 12:00", EAST, "800", "NY", EAST, OPEN),
    ("2026-03-02 12:00", EAST, "876", "NY", EAST, WHERE),
    # Canada
    ("2026-03-02 08:30", "America/Toronto", "416", "ON", "America/Toronto", HOURS),
    ("2026-03-02 21:20", "America/Toronto", "416", "Ontario", "America/Toronto", OPEN),
    ("2026-03-07 18:30", "America/Toronto", "416", "ON", "America/Toronto", HOURS),
    ("2026-07-01 12:00", "America/Vancouver", "604", "BC", "America/Vancouver", DAY),
]


@pytest.mark.parametrize(("local", "zone", "area", "state", "timezone", "expected"), TABLE)
def test_the_table(
    local: str, zone: str, area: str, state: str | None, timezone: str | None, expected: str | None
) -> None:
    refused = ask(at(local, zone), number(area), state, timezone)
    assert (refused and refused.reason.value) == expected, refused


@pytest.mark.parametrize("phone", ["+442079460123", "+4930123456", "+18765550123", "2125550123", ""])
def test_a_number_whose_law_is_not_known_is_refused(phone: str) -> None:
    refused = ask(at("2026-03-02 12:00", EAST), phone, "NY", EAST)
    assert refused is not None
    assert refused.reason is Reason.UNKNOWN_LOCATION


@pytest.mark.parametrize("state", ["TX", "tx", " Tx ", "Texas", "US-TX", "texas"])
def test_a_state_is_known_however_it_is_written(state: str) -> None:
    assert ask(at("2026-03-01 11:30", CENTRAL), number("800"), state, CENTRAL).reason is Reason.OUTSIDE_HOURS  # type: ignore[union-attr]


NOON = at("2026-03-02 12:00", EAST)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"listed": True, "consent": None, "in_call": "x", "attempts": 9}, "do_not_call"),
        ({"consent": None, "in_call": "x"}, "no_consent"),
        ({"consent": False}, "no_consent"),
        ({"in_call": "x", "attempts": 9}, "already_in_call"),
        ({"attempts": 3}, "too_many_attempts"),
        ({"attempts": 2}, None),
        ({"attempts": 4, "cap": 5}, None),
        ({"attempts": 5, "cap": 5}, "too_many_attempts"),
    ],
)
def test_what_is_known_of_the_person_comes_first(facts: dict[str, object], reason: str | None) -> None:
    refused = ask(NOON, number("212"), "NY", EAST, **facts)  # type: ignore[arg-type]
    assert (refused and refused.reason.value) == reason


@pytest.mark.parametrize(
    ("area", "state", "limit"), [("305", "FL", 3), ("405", "OK", 3), ("410", "MD", 3), ("207", "ME", 1)]
)
def test_a_state_limits_attempts_below_our_own_cap(area: str, state: str, limit: int) -> None:
    assert ask(NOON, number(area), state, attempts=limit - 1, cap=9) is None
    refused = ask(NOON, number(area), state, attempts=limit, cap=9)
    assert refused is not None
    assert refused.reason is Reason.TOO_MANY_ATTEMPTS
    assert "Source" in refused.detail


def test_a_detail_names_rule_local_time_and_source_and_not_the_number() -> None:
    refused = ask(at("2026-03-01 12:00", CENTRAL), number("205"), "AL", CENTRAL)
    assert refused is not None
    for part in ("12:00 on Sunday 1 March 2026", CENTRAL, "Alabama", "Sundays", "Ala. Admin. Code"):
        assert part in refused.detail
    assert "5550123" not in refused.detail


STATES = """
    AL AZ AR CA CO CT DE DC FL GA ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA
    RI SC SD TN TX UT VT VA WA WV WI WY"""
CONTIGUOUS = frozenset(STATES.split())


def test_every_state_has_its_federal_rule_and_every_rule_a_source() -> None:
    states = CONTIGUOUS | {"AK", "HI"}
    assert len(states) == 51
    assert states <= RULES.of.keys()
    assert all(RULES.of[state][0].country == "US" for state in states)
    assert all(
        source.says and source.cites for rules in RULES.of.values() for r in rules for source in r.sources
    )


@pytest.mark.parametrize(
    ("year", "day"), [(2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2038, "04-25")]
)
def test_easter(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


def test_one_instant_of_a_tuesday_allows_all_48_contiguous_states() -> None:
    for now in (datetime(2026, 1, 13, 18, tzinfo=UTC), datetime(2026, 7, 14, 17, tzinfo=UTC)):
        refused = {
            area: reason.detail
            for area, known in RULES.areas.items()
            if known.places[0].code in CONTIGUOUS and (reason := ask(now, number(area), known.places[0].code))
        }
        assert refused == {}


@pytest.mark.parametrize(
    ("now", "zone", "area", "state", "expected"),
    [
        ("2026-03-02 12:00", EAST, "212", "NY", "2026-03-02 12:00"),
        ("2026-03-02 07:00", EAST, "212", "NY", "2026-03-02 08:05"),
        ("2026-03-02 20:55", EAST, "212", "NY", "2026-03-03 08:05"),
        ("2026-03-06 17:00", EAST, "207", "ME", "2026-03-09 09:05"),
        ("2026-03-07 20:00", CENTRAL, "205", "AL", "2026-03-09 08:05"),
        ("2026-02-28 20:55", CENTRAL, "214", "TX", "2026-03-01 12:05"),
        ("2026-11-25 21:00", CENTRAL, "504", "LA", "2026-11-28 08:05"),
        ("2026-10-31 22:00", EAST, "212", "NY", "2026-11-01 08:05"),
    ],
)
def test_the_next_instant_that_hours_allow(now: str, zone: str, area: str, state: str, expected: str) -> None:
    found = next_allowed(RULES, now=at(now, zone), phone=number(area), state=state, timezone=zone)
    assert found == at(expected, zone)


def test_there_is_no_next_instant_where_the_place_is_not_known() -> None:
    assert next_allowed(RULES, now=NOON, phone="+442079460123", state=None, timezone=None) is None


@pytest.mark.parametrize(
    ("now", "zone", "area", "state", "expected"),
    [
        ("2026-03-02 12:00", EAST, "212", "NY", "2026-03-02 20:55"),
        ("2026-03-02 12:00", EAST, "305", "NY", "2026-03-02 19:55"),
        ("2026-03-02 12:00", CENTRAL, "615", "TN", "2026-03-02 20:55"),
        ("2026-03-07 12:00", EAST, "401", "RI", "2026-03-07 16:55"),
    ],
)
def test_until_when_hours_allow(now: str, zone: str, area: str, state: str, expected: str) -> None:
    found = allowed_until(RULES, now=at(now, zone), phone=number(area), state=state, timezone=zone)
    assert found == at(expected, zone)


PLACE = '{"code": "TX", "name": "Texas", "country": "US", "zones": ["America/Chicago"], "area_codes": []}'
RULE = (
    '{"country": "US", "weekdays": "08:00-21:00", "saturday": "none", "sunday": "none", '
    '"sources": [{"cites": "law", "says": "so", "url": "https://example.com"}]}'
)
FILES = {"places.jsonl": PLACE, "calling_hours.jsonl": RULE, "holidays.jsonl": ""}


def test_small_rules_are_read() -> None:
    assert Rules.parse(FILES).place("texas") is not None


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("places.jsonl", f"{PLACE}\nno json", "places.jsonl:2: "),
        ("places.jsonl", f"{PLACE}\n{PLACE}", "places.jsonl:2: code: 'TX' is also on line 1"),
        ("places.jsonl", PLACE.replace("Chicago", "Gotham"), "places.jsonl:1: zones: "),
        ("places.jsonl", PLACE.replace('"US"', '"DE"'), "calling_hours.jsonl has no rule for 'DE'"),
        ("calling_hours.jsonl", RULE.replace("21:00", "07:00"), "calling_hours.jsonl:1: weekdays: "),
        ("calling_hours.jsonl", RULE.replace("08:00-21:00", "eight"), "calling_hours.jsonl:1: weekdays: "),
        ("calling_hours.jsonl", RULE.replace("https", "ftp"), "calling_hours.jsonl:1: sources.0.url: "),
        (
            "calling_hours.jsonl",
            f"{RULE}\n\n" + RULE.replace('"country": "US"', '"place": "ZZ"'),
            "calling_hours.jsonl:3: place: 'ZZ' is not in places.jsonl",
        ),
        (
            "calling_hours.jsonl",
            RULE[:-1] + ', "holidays": "none", "closed_on": ["ides"]}',
            "calling_hours.jsonl:1: closed_on: 'ides' is not in holidays.jsonl",
        ),
        ("holidays.jsonl", '{"id": "x", "name": "X", "month": 2}', "holidays.jsonl:1: "),
        ("holidays.jsonl", '{"id": "x", "name": "X", "month": 2, "day": 31}', "holidays.jsonl:1: "),
    ],
)
def test_an_error_names_file_line_and_field(file: str, text: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        Rules.parse({**FILES, file: text})
    assert message in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(RulesError, match=r"holidays\.jsonl: the file is missing"):
        Rules.parse({name: text for name, text in FILES.items() if name != "holidays.jsonl"})
