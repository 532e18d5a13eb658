"""Commands on their way to a Telnyx that misbehaves: each takes effect once, or says that it did not."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from call_flow.effects import Command, Effect, FileSegment, VoidCommands
from call_flow.phases import Phase
from call_flow.record import Segment
from call_flow.telnyx import client_state
from server.clock import Clock
from server.dispatcher import Dispatcher
from server.reconciling import Reconciler
from server.reporting import Reporter
from server.sending import TelnyxSender
from storage.calls import Calls, LegRow
from storage.inbox import Inbox
from storage.outbox import Outbox, OutboxEntry
from storage.postgres import Pool
from tests.server.nasty import NastyTelnyx
from tests.storage.events import NOW, decide_next, new_call

OWNER = "one"
RATE = 50.0  # a minute of business time in 1.2 s
ACCOUNT = {"from": "+12125550100", "connection_id": "123"}
UP = LegRow(name="prospect", state="answered", call_leg_id=None, call_control_id="v3:prospect")


class Line:
    """One process's sending side, and one call to send for."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.telnyx = NastyTelnyx()
        self.outbox = Outbox(pool)
        self.clock = Clock(time.time(), NOW, RATE)
        self.told = asyncio.Event()
        client, calls = self.telnyx.client(), Calls(pool)
        reporter = Reporter(self.outbox, self.clock, lambda call_id: self.told.set())
        looking = Reconciler(client, self.outbox, calls, reporter, self.clock, "123")
        sender = TelnyxSender(
            client, self.outbox, calls, reporter, self.clock, OWNER, ACCOUNT, looking.look_for
        )
        self.dispatcher = Dispatcher(self.outbox, {"telnyx": sender}, OWNER)
        self.call_id = UUID(int=0)

    async def begin(self) -> None:
        self.call_id = await new_call(self.pool)

    async def decide(self, *commands: Effect, legs: tuple[LegRow, ...] = (UP,)) -> None:
        decided = await decide_next(
            self.pool, self.call_id, commands, owner=OWNER, legs=legs, now=self.clock.now()
        )
        self.dispatcher.take(decided, self.call_id)

    async def settled(self, *keys: str) -> dict[str, OutboxEntry]:
        """The rows, once none of them is pending."""
        async with asyncio.timeout(15):
            while True:
                rows = {entry.row.key: entry for entry in await self.outbox.of_call(self.call_id)}
                if all(rows[key].status != "pending" for key in keys):
                    return rows
                await asyncio.sleep(0.01)

    async def tried(self, key: str) -> None:
        """Returns when the row waits for its next try."""
        async with asyncio.timeout(15):
            while True:
                rows = {entry.row.key: entry for entry in await self.outbox.of_call(self.call_id)}
                if rows[key].error:
                    return
                await asyncio.sleep(0.01)

    async def events(self) -> list[dict[str, Any]]:
        """What the call was told of its commands."""
        rows = await Inbox(self.pool).of_call(self.call_id)
        return [row.body for row in rows if row.event_id.startswith("command:")]


@pytest.fixture
async def line(pool: Pool) -> AsyncIterator[Line]:
    line = Line(pool)
    await line.begin()
    polling = asyncio.create_task(line.dispatcher.run())
    yield line
    await line.dispatcher.close()
    await polling


def speak(n: int, **changes: Any) -> Command:
    args = {"payload": f"line {n}", "voice": "female", "line": n}
    return Command(key=f"speak:{n}", action="speak", leg="prospect", args=args, **changes)


def dial() -> Command:
    args = {"to": "+12125550199", "from_": "+12125550101", "timeout_secs": 30}
    return Command(key="dial:prospect", action="dial", leg="prospect", args=args)


def hangup(n: int = 1) -> Command:
    return Command(key=f"hangup:prospect:{n}", action="hangup", leg="prospect")


async def test_command_as_it_goes_over_the_wire(line: Line) -> None:
    await line.decide(dial(), speak(1))
    rows = await line.settled("dial:prospect", "speak:1")

    dialled, spoken = line.telnyx.requests
    assert dialled.path == "/calls"
    assert dialled.body == {
        "to": "+12125550199",
        "from": "+12125550101",
        "timeout_secs": 30,
        "connection_id": "123",
        "command_id": str(rows["dial:prospect"].row.id),
        "client_state": client_state(line.call_id, "prospect"),
    }
    assert spoken.path == "/calls/v3:prospect/actions/speak"
    assert spoken.body["client_state"] == client_state(line.call_id, "prospect", 1)
    assert "line" not in spoken.body
    assert spoken.headers["authorization"] == "Bearer k"


async def test_only_answers_that_a_call_decides_by_come_back(line: Line) -> None:
    await line.decide(dial(), speak(1))
    await line.settled("dial:prospect", "speak:1")

    (event,) = await line.events()

    assert (event["kind"], event["key"]) == ("command.done", "dial:prospect")
    assert event["result"]["call_control_id"] == "v3:new"
    assert line.told.is_set()


@pytest.mark.parametrize(
    "answers", [["timeout"], ["timeout", 500, 503], ["refused"], [429], [408], [(502, "x"), 429, "timeout"]]
)
async def test_repeated_with_the_same_command_id(line: Line, answers: list[Any]) -> None:
    line.telnyx.tell("speak", *answers)

    await line.decide(speak(1))
    rows = await line.settled("speak:1")

    sent = line.telnyx.of("speak")
    assert len(sent) == len(answers) + 1
    assert {request.body["command_id"] for request in sent} == {str(rows["speak:1"].row.id)}
    assert rows["speak:1"].status == "done"


async def test_lines_stay_in_order_behind_one_that_is_repeated(line: Line) -> None:
    line.telnyx.tell("speak", "timeout", 429)

    await line.decide(speak(1), speak(2))
    await line.decide(speak(3))
    await line.settled("speak:1", "speak:2", "speak:3")

    said = [request.body["payload"] for request in line.telnyx.of("speak")]
    assert said == ["line 1", "line 1", "line 1", "line 2", "line 3"]


async def test_another_destination_does_not_wait(line: Line) -> None:
    line.telnyx.tell("speak", *["timeout"] * 3)
    other = LegRow(name="closer.1", state="answered", call_control_id="v3:closer")

    await line.decide(
        speak(1), Command(key="hangup:closer", action="hangup", leg="closer.1"), legs=(UP, other)
    )
    rows = await line.settled("hangup:closer")

    assert rows["speak:1"].status == "pending"
    await line.settled("speak:1")


@pytest.mark.parametrize("action", ["hangup", "playback_stop", "transcription_stop"])
async def test_ending_what_has_ended_is_done(line: Line, action: str) -> None:
    line.telnyx.tell(action, (422, "90018"))

    await line.decide(Command(key="end", action=action, leg="prospect"))
    rows = await line.settled("end")

    assert rows["end"].status == "done"
    assert await line.events() == []


async def test_speaking_to_an_ended_leg_fails_and_says_so(line: Line) -> None:
    line.telnyx.tell("speak", (422, "90018"))

    await line.decide(speak(1))
    rows = await line.settled("speak:1")

    (event,) = await line.events()
    assert rows["speak:1"].status == "failed"
    assert (event["kind"], event["code"], event["maybe_done"]) == ("command.failed", "90018", False)


async def test_leg_that_has_not_answered_yet_is_waited_for(line: Line) -> None:
    line.telnyx.tell("bridge", (422, "90034"), (422, "90034"))
    closer = LegRow(name="closer.1", state="answered", call_control_id="v3:closer")
    bridge = Command(key="bridge:1", action="bridge", leg="closer.1", other_leg="prospect")

    await line.decide(bridge, legs=(UP, closer))
    rows = await line.settled("bridge:1")

    assert rows["bridge:1"].status == "done"
    sent = line.telnyx.of("bridge")
    assert len(sent) == 3
    assert sent[0].path == "/calls/v3:closer/actions/bridge"
    assert sent[0].body["call_control_id"] == "v3:prospect"


async def test_refused_for_good_is_not_repeated(line: Line) -> None:
    line.telnyx.tell("dial", (422, "90041"))

    await line.decide(dial())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert len(line.telnyx.of("dial")) == 1
    assert (event["code"], event["maybe_done"]) == ("90041", False)


async def test_expired_line_is_not_said(line: Line) -> None:
    await line.decide(speak(1, not_after=line.clock.now() - timedelta(seconds=1)))
    rows = await line.settled("speak:1")

    (event,) = await line.events()
    assert rows["speak:1"].status == "expired"
    assert (event["code"], event["maybe_done"]) == ("expired", False)
    assert line.telnyx.requests == []


async def test_a_dial_past_the_end_of_calling_hours_is_not_made(line: Line) -> None:
    late = dial().model_copy(update={"not_after": line.clock.now() - timedelta(seconds=1)})
    await line.decide(late)
    rows = await line.settled("dial:prospect")

    (event,) = await line.events()
    assert rows["dial:prospect"].status == "expired"
    assert (event["code"], event["maybe_done"]) == ("expired", False)
    assert line.telnyx.requests == []


async def test_a_dial_that_was_sent_is_looked_for_however_late_it_is(line: Line) -> None:
    line.telnyx.tell("dial", *["timeout"] * 100)
    found = {"call_control_id": "v3:found", "client_state": client_state(line.call_id, "prospect")}
    line.telnyx.active = [found | {"call_leg_id": "leg", "call_session_id": "session"}]
    await line.decide(dial().model_copy(update={"not_after": line.clock.now() + timedelta(seconds=20)}))
    rows = await line.settled("dial:prospect")

    assert rows["dial:prospect"].status == "done"
    assert len(line.telnyx.of("active_calls")) > 0


async def test_line_that_was_sent_and_expired_may_have_been_heard(line: Line) -> None:
    line.telnyx.tell("speak", *["timeout"] * 20)

    await line.decide(speak(1, not_after=line.clock.now() + timedelta(seconds=30)))
    rows = await line.settled("speak:1")

    (event,) = await line.events()
    assert rows["speak:1"].status == "expired"
    assert (event["code"], event["maybe_done"]) == ("expired", True)


async def test_line_that_was_only_throttled_was_never_sent(line: Line) -> None:
    line.telnyx.tell("speak", *[429] * 100)

    await line.decide(speak(1, not_after=line.clock.now() + timedelta(seconds=20)))
    await line.settled("speak:1")

    (event,) = await line.events()
    assert (event["code"], event["maybe_done"]) == ("expired", False)


async def test_voided_line_is_not_said(line: Line) -> None:
    line.telnyx.tell("hangup", *["timeout"] * 4)
    await line.decide(hangup(), speak(1))
    await decide_next(line.pool, line.call_id, [VoidCommands(keys=("speak:1",))], owner=OWNER)
    rows = await line.settled("hangup:prospect:1", "speak:1")

    assert rows["speak:1"].status == "void"
    assert line.telnyx.of("speak") == []


async def test_unacknowledged_dial_found_among_active_calls(line: Line) -> None:
    line.telnyx.tell("dial", *["timeout"] * 100)
    line.telnyx.active = [
        {"call_control_id": "v3:else", "client_state": client_state(UUID(int=1), "prospect")},
        {
            "call_control_id": "v3:found",
            "call_leg_id": "leg",
            "call_session_id": "session",
            "client_state": client_state(line.call_id, "prospect", 3),
        },
    ]

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["kind"] == "command.done"
    assert event["result"]["call_control_id"] == "v3:found"
    ids = {request.body["command_id"] for request in line.telnyx.of("dial")}
    assert len(ids) == 1


async def test_dial_without_any_sign_fails_and_is_never_repeated_after_a_minute(line: Line) -> None:
    line.telnyx.tell("dial", *["timeout"] * 100)
    line.telnyx.tell("active_calls", 503)

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert (event["code"], event["maybe_done"]) == ("unacknowledged", True)
    actions = [request.action for request in line.telnyx.requests]
    assert actions[-2:] == ["active_calls", "active_calls"]
    assert set(actions[:-2]) == {"dial"}


async def test_refused_repeat_of_a_dial_says_nothing_of_the_first(line: Line) -> None:
    line.telnyx.tell("dial", "timeout", *[(422, "90041")] * 100)
    line.telnyx.active = [
        {"call_control_id": "v3:first", "client_state": client_state(line.call_id, "prospect")}
    ]

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["kind"] == "command.done"
    assert event["result"]["call_control_id"] == "v3:first"
    assert len(line.telnyx.of("dial")) == 2


async def test_refused_repeat_is_looked_for_while_telnyx_may_not_show_the_first_yet(line: Line) -> None:
    line.telnyx.tell("dial", "timeout", *[(422, "90041")] * 100)

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert (event["code"], event["maybe_done"]) == ("unacknowledged", True)
    assert len(line.telnyx.of("active_calls")) > 1


def give_leave_after(line: Line, monkeypatch: pytest.MonkeyPatch, *waits: float) -> None:
    """Postgres takes so many wall seconds, one try after the other, to say that a command may be sent."""
    mark_sending, left = line.outbox.mark_sending, list(waits)

    async def slow(*args: Any) -> Any:
        sending = await mark_sending(*args)
        await asyncio.sleep(left.pop(0))
        return sending

    monkeypatch.setattr(line.outbox, "mark_sending", slow)


async def test_repeat_whose_leave_came_too_late_is_not_sent(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.telnyx.tell("dial", "timeout")
    give_leave_after(line, monkeypatch, 0.0, line.clock.wall(60))
    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["code"] == "unacknowledged"
    assert len(line.telnyx.of("dial")) == 1


async def test_first_sending_whose_leave_came_late_was_never_sent(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_leave_after(line, monkeypatch, line.clock.wall(60), 0.0)
    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["kind"] == "command.done"
    assert len(line.telnyx.of("dial")) == 1


async def test_request_that_hangs_is_given_up_when_telnyx_forgets_it(line: Line) -> None:
    line.telnyx.tell("dial", "hangs")

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["code"] == "unacknowledged"
    assert len(line.telnyx.of("dial")) == 1


@pytest.mark.parametrize("code", [401, 404])
async def test_account_that_shows_no_calls_is_not_asked_for_ever(
    line: Line, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.reconciling.GIVE_UP_AFTER", timedelta(seconds=60))
    line.telnyx.tell("dial", *["timeout"] * 100)
    line.telnyx.tell("active_calls", *[code] * 100)

    await line.decide(dial(), legs=())
    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert (event["code"], event["maybe_done"]) == ("unacknowledged", True)


async def test_dial_that_showed_itself_by_a_webhook_is_not_repeated(line: Line) -> None:
    line.telnyx.tell("dial", "timeout")
    ringing = LegRow(
        name="prospect", state="initiated", call_leg_id=str(line.call_id), call_control_id="v3:p"
    )
    await line.decide(dial(), legs=(ringing,))

    await line.settled("dial:prospect")

    (event,) = await line.events()
    assert event["kind"] == "command.done"
    assert event["result"]["call_leg_id"] == str(line.call_id)
    assert len(line.telnyx.of("dial")) == 1


@pytest.mark.parametrize(("alive", "status"), [(False, "done"), (True, "failed")])
async def test_unacknowledged_hangup_asks_for_the_leg(line: Line, alive: bool, status: str) -> None:
    line.telnyx.tell("hangup", *["timeout"] * 100)
    line.telnyx.alive = alive

    await line.decide(hangup())
    rows = await line.settled("hangup:prospect:1")

    assert rows["hangup:prospect:1"].status == status
    assert line.telnyx.requests[-1].action == "status"


@pytest.mark.parametrize("answer", [200, (404, "10005"), (422, "90015")])
async def test_check_of_a_dead_leg(line: Line, answer: Any) -> None:
    line.telnyx.tell("status", answer)
    line.telnyx.alive = False

    await line.decide(Command(key="check:prospect:1", action="check_leg", leg="prospect"))
    await line.settled("check:prospect:1")

    (event,) = await line.events()
    assert event["kind"] == "command.done"
    assert event["result"]["is_alive"] is False


async def test_message_goes_with_an_idempotency_key(line: Line) -> None:
    line.telnyx.tell("messages", 500)
    args = {"to": "+12125550199", "text": "the video"}

    await line.decide(Command(key="message:video", action="message", leg="prospect", args=args))
    rows = await line.settled("message:video")

    first, second = line.telnyx.of("messages")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == args | {"from": ACCOUNT["from"]}
    assert rows["message:video"].result == {"id": "message-1"}
    assert await Calls(line.pool).message_owner("message-1", "") == line.call_id


async def test_taking_back_a_line_that_waits_lets_the_next_one_go_at_once(line: Line) -> None:
    line.telnyx.tell("speak", 429)
    line.telnyx.retry_after = 60  # of the wall's
    await line.decide(speak(1))
    await line.tried("speak:1")

    await line.decide(VoidCommands(keys=("speak:1",)), speak(2))
    rows = await line.settled("speak:1", "speak:2")

    assert (rows["speak:1"].status, rows["speak:2"].status) == ("void", "done")


async def test_row_that_cannot_be_sent_is_given_up_and_holds_up_no_other(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.dispatcher.FAULT_WAIT_S", 0.01)
    impossible = Command(key="moonwalk", action="moonwalk", leg="prospect")

    await line.decide(impossible, speak(1))
    rows = await line.settled("moonwalk", "speak:1")

    (event,) = await line.events()
    assert (rows["moonwalk"].status, rows["speak:1"].status) == ("failed", "done")
    assert (event["key"], event["code"]) == ("moonwalk", "unknown")
    assert line.dispatcher.counts["given_up"] == 1


async def test_row_of_a_dead_process_is_taken_over_when_its_lease_has_run_out(line: Line) -> None:
    await decide_next(line.pool, line.call_id, [speak(1)], owner="dead", legs=(UP,), lease_s=0.2)

    rows = await line.settled("speak:1")

    assert rows["speak:1"].status == "done"
    assert len(line.telnyx.of("speak")) == 1


async def test_rows_without_a_sender_here_are_left_alone(line: Line) -> None:
    said = Segment(seq=1, speaker="agent", text="Hello.", at=NOW, phase=Phase.GREETING)
    await line.decide(FileSegment(segment=said), speak(1))
    await line.settled("speak:1")

    filed = {entry.row.destination: entry for entry in await line.outbox.of_call(line.call_id)}["mongo"]
    assert (filed.status, filed.row.attempts) == ("pending", 0)
