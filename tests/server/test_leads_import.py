"""Lead files: good lines are loaded, bad ones are named by line, field and reason, and a repeat changes nothing."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.leads_file import read_leads
from server.leads_import import BATCH, Imported, import_leads
from storage.leads import Leads
from storage.postgres import Pool

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
HEADER = (
    "external_id,first_name,phone,email,timezone,arrived_at,consent,consent_at,consent_how,consent_evidence"
)
CONSENT = "yes,2026-03-01T10:00:05Z,web form,ip 1"
GOOD = f"1,Ann,(212) 236-4001,ann@example.com,America/Chicago,2026-03-01T10:00:00Z,{CONSENT}"


def csv_of(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *lines)), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


async def load(file: Path, pool: Pool) -> Imported:
    return await import_leads(file, Leads(pool), NOW)


async def test_lead_with_consent(file: Path, pool: Pool) -> None:
    imported = await load(csv_of(file, GOOD), pool)

    assert (imported.created, imported.consents, imported.problems) == (1, 1, ())
    lead = await Leads(pool).by_phone("+12122364001")
    assert lead is not None
    assert (lead.row.first_name, lead.row.timezone, lead.consent) == ("Ann", "America/Chicago", True)
    (consent,) = await Leads(pool).consents("+12122364001")
    assert (consent.kind, consent.granted, consent.how, consent.evidence) == (
        "call",
        True,
        "web form",
        "ip 1",
    )


async def test_repeat_changes_nothing(file: Path, pool: Pool) -> None:
    csv_of(
        file,
        "2,Bob,+12122364002,,,2026-03-01T10:00:00Z,yes,,,",
        "3,Cy,+18085554003,,,,no,2026-01-01T00:00:00Z,,",
    )
    first = await load(file, pool)
    before = await Leads(pool).by_phone("+18085554003")

    again = await load(file, pool)

    assert (first.created, first.consents) == (2, 2)
    assert (again.created, again.updated, again.unchanged, again.consents) == (0, 0, 2, 0)
    assert await Leads(pool).by_phone("+18085554003") == before
    assert before is not None
    assert before.row.timezone == "Pacific/Honolulu"


async def test_known_time_zone_is_not_guessed_away(file: Path, pool: Pool) -> None:
    await load(csv_of(file, "4,Di,+12122364004,,America/Denver,,,,,"), pool)
    await load(csv_of(file, "4,Diana,+12122364004,,,,,,,"), pool)

    lead = await Leads(pool).by_phone("+12122364004")
    assert lead is not None
    assert (lead.row.first_name, lead.row.timezone) == ("Diana", "America/Denver")


BAD_LINES: list[tuple[str, str, str]] = [
    ("5,Ed,,,,,,,,", "phone", "missing"),
    ("5,Ed,call me,,,,,,,", "phone", "no phone number"),
    ("5,Ed,+1212,,,,,,,", "phone", "no possible"),
    ("5,Ed,+12122364005,ed at home,,,,,,", "email", "no email"),
    ("5,Ed,+12122364005,,Mars/Base,,,,,", "timezone", "IANA"),
    ("5,Ed,+12122364005,,../../etc/passwd,,,,,", "timezone", "IANA"),
    ("5,Ed,+12122364005,,,yesterday,,,,", "arrived_at", "ISO 8601"),
    ("5,Ed,+12122364005,,,,perhaps,,,", "consent", "neither"),
    ("5,Ed,+12122364005,,,,yes,,,", "consent_at", "missing"),
    ("5,Ed,+12122364005,,,,yes,soon,,", "consent_at", "ISO 8601"),
    ("5,Ed,+12122364005", "", "as many fields"),
    ("5,Ed,+12122364005,,,,,,,,,", "", "as many fields"),
    ("5," + "E" * 3000 + ",+12122364005,,,,,,,", "first_name", "longer"),
]


@pytest.mark.parametrize(("line", "field", "reason"), BAD_LINES)
async def test_bad_line_is_named_and_the_good_ones_are_loaded(
    file: Path, pool: Pool, line: str, field: str, reason: str
) -> None:
    imported = await load(csv_of(file, GOOD, line, GOOD.replace("4001", "4006")), pool)

    (problem,) = imported.problems
    assert (problem.line, problem.field) == (3, field)
    assert reason in problem.reason
    assert "4005" not in str(problem)
    assert imported.created + imported.unchanged == 2
    assert await Leads(pool).by_phone("+12122364005") is None


async def test_quoted_fields_over_several_lines_keep_the_count(file: Path, pool: Pool) -> None:
    csv_of(file, '6,"Fay\nMay",+12122364007,,,,,,,', "7,Gil,nobody,,,,,,,")
    (problem,) = (await load(file, pool)).problems
    assert problem.line == 4


async def test_bytes_that_are_no_utf8_cost_their_line_alone(file: Path, pool: Pool) -> None:
    lines = [HEADER.encode(), b"8,J\xf6rg,+12122364008,,,,,,,", b"9,Hal,+12122364009,,,,,,,"]
    file.write_bytes(b"\n".join(lines))
    imported = await load(file, pool)
    assert [(problem.line, problem.field) for problem in imported.problems] == [(2, "first_name")]
    assert imported.created == 1


async def test_jsonl(tmp_path: Path, pool: Pool) -> None:
    rows: Sequence[object] = (
        {"phone": "+12122364010", "consent": True, "consent_at": "2026-01-01T00:00:00Z", "closer_rating": 7},
        [1],
        {"phone": 12122364011, "qualification_score": 0.5, "pet": "cat"},
        {"phone": {"home": "+12122364012"}},
        {"phone": "+12122364013", "closer_rating": 11},
        {"phone": "+12122364014", "qualification_score": "high"},
    )
    file = tmp_path / "leads.jsonl"
    file.write_text("\n".join([*map(json.dumps, rows), "", "{", '{"phone":NaN}']))

    imported = await load(file, pool)

    named = [(problem.line, problem.field) for problem in imported.problems]
    assert named == [
        (2, ""),
        (4, "phone"),
        (5, "closer_rating"),
        (6, "qualification_score"),
        (8, ""),
        (9, "phone"),
    ]
    assert (imported.created, imported.ignored) == (2, ("pet",))
    assert await Leads(pool).by_phone("+12122364011") is not None


async def test_headers_as_people_write_them(file: Path, pool: Pool) -> None:
    csv_of(file, "Ida,+12122364015,Chess", header="\ufeffFirst Name,Phone Number,Hobby")
    imported = await load(file, pool)
    assert (imported.created, imported.ignored) == (1, ("Hobby",))


@pytest.mark.parametrize("between", [0, BATCH])
async def test_lines_with_one_number_are_one_lead_and_are_named(file: Path, pool: Pool, between: int) -> None:
    phone, others = f"+1212236402{between % 7}", [f"x,,+1303236{n:04},,,,,,," for n in range(between)]
    lines = [f"a,Jo,{phone},jo@example.com,,,,,,", *others, f"a,Joan,{phone},,,,,,,"]

    imported = await load(csv_of(file, *lines), pool)

    lead = await Leads(pool).by_phone(phone)
    assert lead is not None
    assert (imported.created, imported.updated) == (1 + between, 0)
    assert (lead.row.first_name, lead.row.email) == ("Joan", "jo@example.com")
    assert [(repeat.line, repeat.first) for repeat in imported.repeats] == [(3 + between, 2)]


@pytest.mark.parametrize("between", [0, BATCH])
async def test_a_consent_taken_back_on_an_earlier_line_is_not_lost(
    file: Path, pool: Pool, between: int
) -> None:
    phone, others = f"+1212236403{between % 7}", [f"x,,+1303236{n:04},,,,,,," for n in range(between)]
    lines = [
        f"a,Jo,{phone},,,,no,2026-03-01T00:00:00Z,,",
        *others,
        f"a,Jo,{phone},,,,yes,2026-01-01T00:00:00Z,,",
    ]

    imported = await load(csv_of(file, *lines), pool)

    assert imported.consents == 2
    assert (await Leads(pool).dial_facts(phone, NOW)).consent is False
    lead = await Leads(pool).by_phone(phone)
    assert lead is not None
    assert lead.consent is False


async def test_who_opted_out_is_not_opted_in_by_the_same_file_again(file: Path, pool: Pool) -> None:
    phone = "+12122364040"
    await load(csv_of(file, f"a,Jo,{phone},,,2026-03-01T10:00:00Z,yes,,,"), pool)
    await Leads(pool).do_not_call(phone, "asked in a call", NOW)
    before = await Leads(pool).by_phone(phone)

    again = await load(file, pool)

    assert (again.unchanged, again.consents) == (1, 0)
    assert await Leads(pool).by_phone(phone) == before
    assert before is not None
    assert (before.status, before.consent) == ("do_not_call", False)


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "leads.xlsx"
    file.touch()
    with pytest.raises(ValueError, match=r"leads\.xlsx: leads are read from"):
        read_leads(file)


def test_empty_file_holds_nothing(file: Path) -> None:
    file.touch()
    assert read_leads(file).leads == []
