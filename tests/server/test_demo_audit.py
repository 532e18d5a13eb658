"""What the audit calls lost and what it calls double: nothing that names no call escapes it."""

from typing import Any
from uuid import uuid4

import pytest

from call_flow.state import PROSPECT
from call_flow.telnyx import call_id_of_session, client_state
from server.demo.audit import said_by, took_effect_twice, undecided
from storage.inbox import Inbox
from storage.postgres import Pool

CALL = uuid4()
Row = dict[str, Any]


def leg(id: str = "leg", name: str | None = PROSPECT, session: str = "session") -> Row:
    state = None if name is None else client_state(CALL, name)
    direction = "incoming" if name is None else "outgoing"
    return {"call_leg_id": id, "call_session_id": session, "client_state": state, "direction": direction}


def command(action: str, id: str, *, line: int | None = None, effect: bool = True, **body: Any) -> Row:
    return {
        "action": action,
        "command_id": id,
        "call_leg_id": None if action == "message" else "leg",
        "client_state": client_state(CALL, PROSPECT, line),
        "effect": effect,
        "body": body,
    }


SMS = {"to": "+12145550042", "text": "Here is the video."}


@pytest.mark.parametrize(
    "commands",
    [
        [command("dial", "a"), command("dial", "b")],
        [command("speak", "a", line=3), command("speak", "b", line=3)],
        [
            command("bridge", "a", call_control_id="v3:closer"),
            command("bridge", "b", call_control_id="v3:closer"),
        ],
        [command("message", None, **SMS), command("message", None, **SMS)],  # type: ignore[arg-type]
        [command("record_start", "a"), command("record_start", "a")],
    ],
)
def test_what_is_done_again_is_double_whatever_its_id(commands: list[Row]) -> None:
    report = {"legs": [leg()], "commands": commands}
    (told,) = took_effect_twice(report)
    assert told.startswith(f"2 times: {commands[0]['action']}")


@pytest.mark.parametrize(
    "commands",
    [
        [command("speak", "a", line=3), command("speak", "b", line=4)],
        [
            command("bridge", "a", call_control_id="v3:kevin"),
            command("bridge", "b", call_control_id="v3:maria"),
        ],
        [command("dial", "a"), command("dial", "a", effect=False)],
        [command("transcription_start", "a"), command("transcription_start", "b")],
    ],
)
def test_what_differs_or_had_no_effect_is_not(commands: list[Row]) -> None:
    assert took_effect_twice({"legs": [leg()], "commands": commands}) == []


async def test_an_event_that_names_no_call_is_lost_if_nobody_decides_it(pool: Pool) -> None:
    events = [
        {"id": "sms", "event_type": "message.finalized", "acked_at": "2026-03-03T18:00:00Z"},
        {"id": "ring", "event_type": "call.initiated", "acked_at": "2026-03-03T18:00:00Z"},
        {"id": "never", "event_type": "call.answered", "acked_at": None},
    ]
    assert await undecided({"events": events}, Inbox(pool)) == [
        "message.finalized sms",
        "call.initiated ring",
    ]


def test_who_calls_us_is_heard() -> None:
    call = str(call_id_of_session("theirs"))
    said = {
        "call_leg_id": "leg",
        "speaker": "prospect",
        "text": "Hello? ",
        "event_id": "final",
        "heard_fraction": 1.0,
    }
    report = {
        "legs": [leg(name=None, session="theirs")],
        "utterances": [said, said | {"event_id": "refused"}],
        "events": [{"id": "final", "acked_at": "2026-03-03T18:00:00Z"}, {"id": "refused", "acked_at": None}],
    }
    assert said_by(report, {call}) == [(call, "prospect", "Hello?")]
