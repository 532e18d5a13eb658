"""The playbook as the rest of the program uses it: parsed, named by content, spoken."""

import json
import random
from collections.abc import Callable

import pytest

from call_flow.phases import Phase
from call_flow.playbook.book import Playbook, PlaybookError, parse_file
from call_flow.playbook.parsing import KINDS
from call_flow.playbook.techniques import techniques_heard
from storage.playbook import playbook_files, read_packaged, read_playbook

SETTINGS = {
    "agent_name": "Ava",
    "business": "Home Road",
    "closer_name": "Kevin",
    "callback_number": "8 0 0, 5 5 5, 0 1 0 0",
    "video_url": "https://video.example/1",
    "summary": "Drives a bus, ten hours a week.",
}
LEAD = {
    "first_name": "Ana",
    "source": "our web form",
    "arrived": "last Tuesday",
    "initial_interest": "working from home",
    "current_income_range": "3000-4000/month",
    "desired_income_range": "6000/month",
    "time_availability": "10 hours a week",
    "experience_level": "some experience",
    "callback_at": "tomorrow at five in the afternoon",
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return playbook_files(None)


@pytest.fixture(scope="module")
def book() -> Playbook:
    return read_packaged()


def edited(files: dict[str, str], name: str, entry_id: str, edit: Callable[[dict], object]) -> dict[str, str]:
    """The files with one entry changed by `edit`, which works in place."""
    entries = [json.loads(line) for line in files[name].splitlines()]
    edit(next(entry for entry in entries if entry.get("id", entry.get("key")) == entry_id))
    return {**files, name: "\n".join(json.dumps(entry) for entry in entries)}


def problems_of(files: dict[str, str]) -> list[tuple[str, int | None, str]]:
    with pytest.raises(PlaybookError) as refused:
        Playbook.parse(files)
    return [(problem.file, problem.line, problem.field) for problem in refused.value.problems]


def line_of(files: dict[str, str], name: str, entry_id: str) -> int:
    ids = [json.loads(line).get("id") for line in files[name].splitlines()]
    return ids.index(entry_id) + 1


# --- a version is its content -------------------------------------------------------------------------


def test_reformatting_and_reordering_files_keeps_version_and_order_of_arms(files, book):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    shuffled = {}
    for name, text in files.items():
        lines = text.splitlines()
        random.Random(seed).shuffle(lines)
        entries = [dict(reversed(json.loads(line).items())) for line in lines]
        shuffled[name] = "\n\n".join(json.dumps(entry, ensure_ascii=True, indent=None) for entry in entries)
    other = Playbook.parse(shuffled)
    assert other.version == book.version
    assert other.strategies("opening") == book.strategies("opening")
    assert other.responses("scam") == book.responses("scam")


def test_one_changed_word_is_another_version(files, book):
    changed = edited(files, "lines.jsonl", "ack.2", lambda line: line.update(text="That is good to know."))
    assert Playbook.parse(changed).version != book.version


def test_a_stored_version_comes_back_equal(book):
    stored = json.loads(json.dumps(book.dump()))
    again = Playbook.load(stored)
    assert again == book
    assert again.version == book.version


def test_a_version_stored_before_a_rule_existed_still_loads(book):
    stored = book.dump()
    stored["all_strategies"][0]["technique"] = "forgotten"
    assert Playbook.load(stored).version != book.version


def test_what_is_no_playbook_does_not_load(book):
    with pytest.raises(PlaybookError, match="does not load"):
        Playbook.load({**book.dump(), "lines": [{"id": "ack.1"}]})


# --- bad entries are named, all of them ---------------------------------------------------------------


def test_every_bad_line_of_every_file_is_named(files):
    bad = dict(files)
    bad["knowledge.jsonl"] += '{"id": "know.more", "question": "?", "txt": "Ha"}\n{oops\n'
    bad = edited(bad, "lines.jsonl", "ack.3", lambda line: line.update(text="All right, {nickname}."))
    bad = edited(bad, "strategies.jsonl", "opening.direct", lambda line: line.update(moment="overture"))
    last = len(files["knowledge.jsonl"].splitlines())
    assert set(problems_of(bad)) == {
        ("knowledge.jsonl", last + 1, "text"),
        ("knowledge.jsonl", last + 1, "txt"),
        ("knowledge.jsonl", last + 2, ""),
        ("lines.jsonl", line_of(files, "lines.jsonl", "ack.3"), "text"),
        ("strategies.jsonl", line_of(files, "strategies.jsonl", "opening.direct"), "moment"),
    }


@pytest.mark.parametrize(
    ("name", "entry_id", "change", "field"),
    [
        ("lines.jsonl", "hold", {"text": "I understand, take your time."}, "text"),
        ("lines.jsonl", "hold", {"text": "Take your {time."}, "text"),
        ("lines.jsonl", "hold", {"text": " "}, "text"),
        ("lines.jsonl", "hold", {"phase": "waiting"}, "phase"),
        ("lines.jsonl", "hold", {"voice": "deep"}, "voice"),
        ("lines.jsonl", "disclosure", {"text": "{disclosure} Hello."}, "text"),
        ("lines.jsonl", "callback.confirm", {"fallback": None}, "fallback"),
        ("lines.jsonl", "callback.confirm", {"fallback": "I will call {first_name}."}, "fallback"),
        ("strategies.jsonl", "rapport.direct", {"technique": "charm"}, "technique"),
        ("strategies.jsonl", "rapport.direct", {"phase": "goals"}, "phase"),
        ("strategies.jsonl", "rapport.direct", {"text": "Are you still interested?"}, "text"),
        ("strategies.jsonl", "rapport.direct", {"text": "In short, you decide. Still interested?"}, "text"),
        ("strategies.jsonl", "opening.empathy", {"fallback": "I understand. Is it you?"}, "fallback"),
        ("objections.jsonl", "scam", {"responses": []}, "responses"),
        ("phases.jsonl", "goals", {"order": 6}, "order"),
        ("phases.jsonl", "goals", {"order": "5"}, "order"),
        ("knowledge.jsonl", "know.cost", {"text": "It is up to you."}, "text"),
        ("intents.jsonl", "affirm", {"examples": "yes"}, "examples"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused_by_field(files, name, entry_id, change, field):
    bad = edited(files, name, entry_id, lambda entry: entry.update(change))
    ids = [json.loads(line).get("id", json.loads(line).get("key")) for line in files[name].splitlines()]
    assert (name, ids.index(entry_id) + 1, field) in problems_of(bad)


def test_a_repeated_id_names_both_lines(files):
    repeated = {**files, "lines.jsonl": files["lines.jsonl"] + '{"id": "repeat", "text": "Sure."}'}
    last = len(files["lines.jsonl"].splitlines()) + 1
    with pytest.raises(PlaybookError, match=rf"lines.jsonl:{last}: id: 'repeat' is also on line \d+"):
        Playbook.parse(repeated)


def test_one_utterance_cannot_mean_two_things(files):
    bad = edited(files, "intents.jsonl", "deny", lambda intent: intent["examples"].append("Yes  PLEASE"))
    assert problems_of(bad) == [("intents.jsonl", line_of(files, "intents.jsonl", "deny"), "examples")]


def test_an_objection_without_an_answer_is_refused(files):
    kept = [line for line in files["objections.jsonl"].splitlines() if json.loads(line)["id"] != "spouse"]
    missing = {**files, "objections.jsonl": "\n".join(kept)}
    assert problems_of(missing) == [
        ("intents.jsonl", line_of(files, "intents.jsonl", "objection.spouse"), "id")
    ]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_absent_file_and_an_empty_one_are_named(files, name):
    without = {key: text for key, text in files.items() if key != name}
    assert (name, None, "") in problems_of(without)
    if name != "knowledge.jsonl":
        assert any(file == name or file == "intents.jsonl" for file, _, _ in problems_of({**files, name: ""}))


def test_a_required_line_that_is_gone_is_named(files):
    kept = [line for line in files["lines.jsonl"].splitlines() if json.loads(line)["id"] != "dnc.confirm"]
    with pytest.raises(PlaybookError, match=r"the line 'dnc\.confirm' is missing"):
        Playbook.parse({**files, "lines.jsonl": "\n".join(kept)})


def test_one_file_is_judged_alone(files):
    assert len(parse_file("objections.jsonl", files["objections.jsonl"])) == 12
    with pytest.raises(PlaybookError, match=r"^objections.jsonl:13: .*JSON"):
        parse_file("objections.jsonl", files["objections.jsonl"] + "nothing\n")
    with pytest.raises(PlaybookError, match=r"jokes.jsonl: no such part"):
        parse_file("jokes.jsonl", "")


def test_a_folder_is_read_like_the_package(files, book, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_playbook(tmp_path) == book
    (tmp_path / "lines.jsonl").write_bytes(b'{"id": "hold"}\n\xff\n')
    with pytest.raises(PlaybookError, match=r"lines\.jsonl:2: not UTF-8"):
        read_playbook(tmp_path)


# --- what is said -------------------------------------------------------------------------------------


def test_a_line_is_filled_from_the_lead(book):
    opening = book.spoken("opening.direct")
    said = book.render(opening, SETTINGS | LEAD)
    assert said.startswith("Hello, this is Ava, an AI voice for Home Road. Say stop calling")
    assert said.endswith("Am I speaking with Ana?")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_the_fallback_is_said_when_a_value_is_missing_or_blank(book, value):
    values = SETTINGS | {key: text for key, text in LEAD.items() if key != "first_name"}
    if value is not None:
        values["first_name"] = value
    said = book.render(book.spoken("opening.direct"), values)
    assert said.endswith("Am I speaking with the person who asked?")


def test_amounts_are_said_in_words(book):
    said = book.render(book.spoken("presentation.social_proof"), SETTINGS | LEAD)
    assert "You would like six thousand dollars a month." in said


def test_a_lead_s_own_figures_are_not_heard_as_a_technique(book):
    for strategy in book.all_strategies:
        said = book.render(strategy, SETTINGS | LEAD)
        assert techniques_heard(said) == (strategy.technique,), said


def test_a_value_with_braces_is_said_as_it_is(book):
    said = book.render(book.spoken("rapport.direct"), SETTINGS | LEAD | {"initial_interest": "{video_url}"})
    assert "about {video_url}." in said


def test_what_cannot_be_said_names_entry_and_placeholder(book):
    with pytest.raises(PlaybookError, match=r"voicemail.message: no value for \{callback_number\}"):
        book.render(book.line("voicemail.message"), {"agent_name": "Ava", "business": "Home Road"})
    with pytest.raises(PlaybookError, match=r"no line 'voicemail\.song'"):
        book.line("voicemail.song")


def test_with_settings_alone_everything_can_be_said(book):
    for entry in all_spoken(book):
        said = book.render(entry, SETTINGS)
        assert "{" not in said, entry.id


def test_arms_are_found_by_moment_and_objection(book):
    assert [phase.key for phase in book.phases] == [phase.value for phase in Phase]
    assert book.phase("situation").captures == ("current_income_range",)
    assert book.strategies("goals") == ()
    assert {response.technique for response in book.responses("no_money")} >= {"empathy", "direct"}


def test_every_text_that_is_found_by_meaning_has_its_own_name(book):
    entries = list(book.entries())
    assert len({(kind, entry_id) for kind, entry_id, _ in entries}) == len(entries)
    assert {kind for kind, _, _ in entries} == {
        *("phase", "strategy", "objection", "response", "line", "intent", "knowledge")
    }
    assert ("intent", "affirm/1", "yes") in entries


def all_spoken(book: Playbook) -> list:
    responses = [response for objection in book.objections for response in objection.responses]
    return [*book.lines, *book.all_strategies, *responses, *book.knowledge]
