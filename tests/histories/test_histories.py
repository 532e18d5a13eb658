"""Every stored history replays as it was: state, effects and words. What does not is shown as a dialogue."""

import pytest

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.events import Body
from call_flow.phases import Phase
from call_flow.status import FinalStatus
from storage.playbook import read_packaged
from tests.histories import history
from tests.histories.__main__ import main
from tests.histories.dialogue import dialogue, difference
from tests.histories.history import Gone, History, load, names, replay
from tests.histories.scenarios import SCENARIOS, played


@pytest.fixture(scope="module")
def stored() -> dict[str, History]:
    return {name: load(name) for name in names()}


@pytest.mark.parametrize("name", names())
def test_a_stored_call_replays_exactly(name: str) -> None:
    kept = load(name)
    again = replay(kept)
    if history.written(again) != history.written(kept):
        pytest.fail(f"{name} is another call now\n\n{difference(kept, again)}", pytrace=False)


@pytest.mark.parametrize("name", names())
def test_a_stored_call_reads_as_a_dialogue(name: str) -> None:
    assert dialogue(load(name)) == (history.CALLS / f"{name}.txt").read_text(encoding="utf-8")


def test_every_scenario_is_stored_and_nothing_else() -> None:
    assert names() == sorted(SCENARIOS)
    assert sorted(file.stem for file in history.CALLS.glob("*.txt")) == sorted(SCENARIOS)


def test_every_stored_playbook_is_some_call_s(stored: dict[str, History]) -> None:
    kept = {file.stem for file in history.PLAYBOOKS.glob("*.json")}
    assert kept == {call.playbook for call in stored.values()}


def test_all_phases_and_all_final_statuses_occur(stored: dict[str, History]) -> None:
    steps = [step for call in stored.values() for step in call.steps]
    assert {step.phase for step in steps} == set(Phase)
    assert {call.left.final_status for call in stored.values() if call.left} == set(FinalStatus)


def test_all_kinds_of_events_and_effects_occur(stored: dict[str, History]) -> None:
    steps = [step for call in stored.values() for step in call.steps]
    assert {type(step.event.body) for step in steps} == set(Body.__origin__.__args__)
    assert {type(effect) for step in steps for effect in step.effects} == set(fx.Effect.__origin__.__args__)


def test_all_ways_a_transfer_can_end_occur(stored: dict[str, History]) -> None:
    outcomes = {transfer.outcome for call in stored.values() if call.left for transfer in call.left.transfers}
    assert outcomes == {
        *("bridged", "declined", "no_answer", "voicemail", "closer_hangup", "prospect_hangup"),
        *("withdrawn", "no_closer", "failed"),
    }


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_still_plays_on_today_s_playbook_and_machine(name: str) -> None:
    _, play = SCENARIOS[name]
    assert play(read_packaged()).state.ended


def test_a_changed_call_shows_its_difference_as_a_dialogue() -> None:
    kept = load("are_you_a_robot")
    n = next(n for n, step in enumerate(kept.steps) if "Yes, I am an AI voice" in str(step.effects))
    effects = tuple(
        e.model_copy(update={"args": e.args | {"payload": "No, I am a person."}})
        if isinstance(e, fx.Command) and e.action == "speak"
        else e
        for e in kept.steps[n].effects
    )
    steps = (*kept.steps[:n], kept.steps[n].model_copy(update={"effects": effects}), *kept.steps[n + 1 :])
    shown = difference(kept, kept.model_copy(update={"steps": steps}))
    assert "+  0:25  agent: No, I am a person." in shown
    assert any(line.startswith("-") and "agent: Yes, I am an AI voice" in line for line in shown.splitlines())
    assert "   0:25  prospect: am I talking to a machine" in shown


def test_a_difference_without_words_is_named() -> None:
    kept = load("busy")
    assert kept.left is not None
    other = kept.model_copy(update={"left": kept.left.model_copy(update={"prediction": 0.25})})
    assert difference(kept, other).splitlines() == ["left.prediction:", "  - None", "  + 0.25"]


def test_a_machine_that_asks_the_world_for_more_than_is_stored_stops_there() -> None:
    kept = load("buying_signal_jumps_to_commitment")
    bare = tuple(
        step.model_copy(update={"event": step.event.model_copy(update={"given": ev.Given()})})
        if isinstance(step.event.body, ev.Heard)
        else step
        for step in kept.steps
    )
    cut = replay(kept.model_copy(update={"steps": bare}))
    assert len(cut.steps) < len(bare)
    assert "asks the world" in difference(kept.model_copy(update={"steps": bare}), cut)


def test_a_history_of_a_machine_or_playbook_that_is_gone_says_so() -> None:
    kept = load("busy")
    with pytest.raises(Gone, match="busy: machine version 99 is gone"):
        replay(kept.model_copy(update={"machine_version": 99}))
    with pytest.raises(Gone, match="playbook 0000000000000000 is gone"):
        replay(kept.model_copy(update={"playbook": "0" * 16}))


def test_a_history_is_written_and_read_without_a_loss() -> None:
    fresh = played("second_closer_takes_it", read_packaged())
    assert History.model_validate_json(history.written(fresh)) == fresh


def test_the_command_shows_a_call_and_refuses_what_it_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "busy"]) == 0
    assert "══ no_answer" in capsys.readouterr().out
    assert main(["record", "no_such_call"]) == 2
    assert "no such scenario: no_such_call" in capsys.readouterr().err
    assert main(["list"]) == 0
    assert "busy: The number is busy." in capsys.readouterr().out
    assert main([]) == 2
