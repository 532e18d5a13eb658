"""Our side of Telnyx's HTTP API, held to the types that its SDK was generated with."""

import ast
import inspect
import re
import typing
from pathlib import Path

import pytest
from telnyx import AsyncTelnyx, types
from telnyx.resources.calls import actions, calls
from telnyx.types import calls as call_types

import call_flow.machine
from server.telnyx import LEG_ACTIONS, Accepted, NoAnswer, Rejected, Throttled
from tests.server.nasty import NastyTelnyx

SDK_PARAMS = {
    "answer": call_types.ActionAnswerParams,
    "reject": call_types.ActionRejectParams,
    "hangup": call_types.ActionHangupParams,
    "speak": call_types.ActionSpeakParams,
    "playback_start": call_types.ActionStartPlaybackParams,
    "playback_stop": call_types.ActionStopPlaybackParams,
    "transcription_start": call_types.ActionStartTranscriptionParams,
    "transcription_stop": call_types.ActionStopTranscriptionParams,
    "record_start": call_types.ActionStartRecordingParams,
    "record_stop": call_types.ActionStopRecordingParams,
    "bridge": call_types.ActionBridgeParams,
}


@pytest.mark.parametrize("action", sorted(LEG_ACTIONS))
def test_every_action_is_a_path_of_the_sdk(action: str) -> None:
    assert f"/actions/{action}" in inspect.getsource(actions)


def test_dial_and_leg_status_are_paths_of_the_sdk() -> None:
    source = inspect.getsource(calls)
    assert '"/calls"' in source
    assert re.search(r'"/calls/\{call_control_id\}"', source)


def commands_in_the_machine() -> list[tuple[str, str, set[str]]]:
    """(where, action, literal argument names) of each command that the machine's source asks for."""
    found = []
    for file in sorted(Path(inspect.getfile(call_flow.machine)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "command" and node.args:
                action = node.args[0]
                if isinstance(action, ast.Constant):
                    found.append((f"{file.name}:{node.lineno}", action.value, _argument_names(node)))
    return found


def _argument_names(node: ast.Call) -> set[str]:
    for keyword in node.keywords:
        if keyword.arg == "args" and isinstance(keyword.value, ast.Dict):
            return {str(key.value) for key in keyword.value.keys if isinstance(key, ast.Constant)}
    return set()


@pytest.mark.parametrize(("where", "action", "names"), commands_in_the_machine())
def test_arguments_are_those_of_the_sdk(where: str, action: str, names: set[str]) -> None:
    if action in ("check_leg",):
        return
    params = {"dial": types.CallDialParams, "message": types.MessageSendParams}.get(action) or SDK_PARAMS[
        action
    ]
    assert names - {"line"} <= set(typing.get_type_hints(params))


async def test_answers_in_four_kinds() -> None:
    nasty = NastyTelnyx()
    nasty.tell("speak", 200, (422, "90018"), 429, 500, "timeout", "refused", 404)
    client = nasty.client()

    answers = [await client.act("v3:a", "speak", {}) for _ in range(7)]

    assert isinstance(answers[0], Accepted)
    assert answers[1] == Rejected(422, "90018", "no")
    assert answers[2] == Throttled(1.0)
    assert [type(answer) for answer in answers[3:6]] == [NoAnswer] * 3
    assert isinstance(answers[6], Rejected)
    assert len(nasty.requests) == 7  # the SDK itself repeats nothing


async def test_control_id_cannot_leave_its_place_in_the_path() -> None:
    nasty = NastyTelnyx()
    await nasty.client().act("v3:a/../../x?y", "hangup", {})
    assert nasty.requests[0].path == "/calls/v3:a%2F..%2F..%2Fx%3Fy/actions/hangup"


async def test_unknown_action_is_refused_here() -> None:
    with pytest.raises(ValueError, match="no such Telnyx command: self_destruct"):
        await NastyTelnyx().client().act("v3:a", "self_destruct", {})


def test_client_does_not_repeat_by_itself() -> None:
    from server.telnyx import _warm_client

    client = _warm_client("k", "http://127.0.0.1:9/v2", 1.0)
    assert isinstance(client, AsyncTelnyx)
    assert client.max_retries == 0
