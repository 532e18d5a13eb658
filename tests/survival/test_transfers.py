"""Every way a warm hand-over can go, through real processes and a telephone network with legs; who calls us; and dials
that nobody answers for. One afternoon in one world; each test looks at one side of what it left.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from call_flow.state import PROSPECT
from call_flow.telnyx import route
from server.demo.world import World
from storage.claim_audit import ClaimAudit
from storage.facts import Facts
from storage.ledger import STORES, Ledger, call_subject
from storage.mongo import Conversations
from storage.transfers import Transfer
from tests.survival import afternoon
from tests.survival.afternoon import CASES, SEED, Afternoon
from tests.survival.conftest import MakeWorld
from tests.survival.evidence import Call, Evidence, gather, lines_told, wrong
from tests.survival.handovers import soon

RATE = 25.0
SETTINGS = {"record": "true", "hot_threshold": "0", "telnyx_timeout": "0.5"}
PLAIN = {"barge_in": 0, "backchannels": 0, "split_finals": 0, "late_interims": 0, "sms_fails": 0}
MEMORY = timedelta(seconds=60)  # for which Telnyx knows a command_id
GIVEN_BACK_WITHIN = timedelta(seconds=5)  # a closer, once the transfer is over
LET_GO_WITHIN = timedelta(seconds=15)  # the closer's telephone
HANDED_OVER = [name for name, case in CASES.items() if case.status == "hot_transfer"]
VIDEO = [name for name, case in CASES.items() if case.status == "video_sent"]

pytestmark = pytest.mark.timeout(280)
Row = dict[str, Any]


@dataclass(frozen=True)
class Left:
    """What the afternoon left. `evidence.calls` by case."""

    world: World
    afternoon: Afternoon
    evidence: Evidence

    def call(self, case: str) -> Call:
        return self.evidence.calls[case]

    async def transfers(self, case: str) -> list[Transfer]:
        return await self.afternoon.floor.transfers.of_call(UUID(self.call(case).id))

    async def shown(self, case: str) -> Row:
        """The call as the API has it."""
        answer: Row = (await self.world.api.get(f"/api/calls/{self.call(case).id}")).json()
        return answer

    def rows(self, what: str, case: str, leg: str = PROSPECT) -> list[Row]:
        """The simulator's rows of one leg of a call."""
        wanted = (self.call(case).id, leg)
        routed = [(row, route({"payload": row})) for row in self.evidence.report[what]]
        return [row for row, whose in routed if (str(whose.call_id), whose.leg) == wanted]

    def commands(self, case: str, *actions: str) -> list[Row]:
        """Those on the prospect's leg that took effect."""
        rows = self.rows("commands", case)
        return [row for row in rows if row["action"] in actions and row["effect"]]

    def dials(self, number: str) -> list[Row]:
        rows: list[Row] = self.evidence.report["commands"]
        return [row for row in rows if row["action"] == "dial" and row["body"]["to"] == number]

    def rang(self, number: str) -> int:
        return sum(leg["to"] == number for leg in self.evidence.report["legs"])


@pytest.fixture(scope="module")
async def left(make_world: MakeWorld) -> AsyncIterator[Left]:
    async with make_world(rate=RATE, seed=SEED, settings=SETTINGS, knobs=PLAIN) as world:
        spent = await afternoon.spend(world)
        yield Left(world, spent, await gather(world, spent.floor.calls))


async def test_nothing_was_lost_or_done_twice(left: Left) -> None:
    problems = await wrong(left.world, left.evidence)
    assert problems == [], "\n".join(problems)
    assert (await left.world.sim.get("/sim/health")).json()["live_legs"] == 0


@pytest.mark.parametrize("name", CASES)
async def test_each_call_ends_as_its_closer_would_have_it(left: Left, name: str) -> None:
    case, call, transfers = CASES[name], left.call(name), await left.transfers(name)
    assert call.row.final_status == case.status, lines_told(call)
    assert tuple(transfer.outcome for transfer in transfers) == case.outcomes
    assert tuple(transfer.closer_id for transfer in transfers) == tuple(case.closers)
    assert (await left.shown(name))["transfer_successful"] == (case.status == "hot_transfer")


@pytest.mark.parametrize("name", CASES)
async def test_a_transfer_keeps_the_times_of_what_happened(left: Left, name: str) -> None:
    for transfer, happened in zip(await left.transfers(name), CASES[name].happened, strict=True):
        times = {at: getattr(transfer, at) for at in ("initiated_at", *afternoon.TAKEN, "ended_at")}
        assert [at for at, time in times.items() if time] == ["initiated_at", *happened, "ended_at"], name
        known = [time for time in times.values() if time]
        assert known == sorted(known)
        assert (transfer.phase, bool(transfer.key_indicators)) == ("commitment", True)
        assert (transfer.duration_s is not None) == (transfer.outcome == "bridged")


async def test_every_closer_is_given_back_and_was_nobody_else_s(left: Left) -> None:
    over = {
        f"{transfer.call_id}:{transfer.claim}": transfer.ended_at
        for name in left.evidence.calls
        for transfer in await left.transfers(name)
    }
    for closer in ("kevin", "maria", "ana", "zoe"):
        until: datetime | None = None
        for claim in await ClaimAudit(left.world.pool).claims([closer]):
            ended, released = over[claim.id], claim.released_at
            assert ended is not None
            assert released is not None
            assert abs(released - ended) < GIVEN_BACK_WITHIN
            assert until is None or until <= claim.claimed_at
            until = released
        assert until is not None, f"{closer} was never claimed"


@pytest.mark.parametrize("name", CASES)
async def test_the_closer_s_telephone_is_let_go(left: Left, name: str) -> None:
    for n, transfer in enumerate(await left.transfers(name), 1):
        (leg,) = left.rows("legs", name, f"closer.{n}")
        assert transfer.ended_at is not None
        assert time_of(leg["ended_at"]) - transfer.ended_at < LET_GO_WITHIN
        assert (leg["bridged_at"] is not None) == (transfer.outcome == "bridged")


@pytest.mark.parametrize("name", HANDED_OVER)
def test_nothing_listens_when_two_people_talk(left: Left, name: str) -> None:
    """The machine's ears and its recorder are off before the bridge, and nobody talks before it."""
    ending = [row["action"] for row in left.commands(name, "transcription_stop", "record_stop", "bridge")]
    assert ending == ["transcription_stop", "record_stop", "bridge"]
    leg = f"closer.{len(CASES[name].outcomes)}"
    (prospect,), (closer,) = left.rows("legs", name), left.rows("legs", name, leg)
    bridged = min(prospect["bridged_at"], closer["bridged_at"])
    by_closer = [row for row in left.rows("utterances", name, leg) if row["speaker"] == "closer"]
    assert len([row for row in by_closer if row["started_at"] < bridged]) <= 1, "more than a hello"
    after = [row for row in left.rows("utterances", name) + by_closer if row["started_at"] >= bridged]
    assert {row["speaker"] for row in after} == {"prospect", "closer"}


def test_no_word_was_transcribed_after_a_bridge(left: Left) -> None:
    assert left.evidence.report["transcribed_after_bridge"] == 0


@pytest.mark.parametrize("name", CASES)
def test_the_closer_hears_who_waits_and_the_prospect_does_not(left: Left, name: str) -> None:
    whispers = [
        line.text for leg in left.call(name).state.legs if leg != PROSPECT
        for line in left.call(name).state.lines if line.leg == leg and line.purpose == "whisper"
    ]  # fmt: skip
    to_prospect = {row["text"] for row in left.rows("utterances", name) if row["speaker"] == "agent"}
    assert not to_prospect & set(whispers)
    picked_up = any("answered_at" in times for times in CASES[name].happened)
    told = [
        row
        for n in range(1, len(CASES[name].outcomes) + 1)
        for row in left.rows("utterances", name, f"closer.{n}")
        if row["speaker"] == "agent"
    ]
    # Who accepts at once in the console need not be told, and a machine must not be.
    if name != "accepted_by_api":
        assert bool(told) == (picked_up and name != "voicemail")


@pytest.mark.parametrize("name", VIDEO)
async def test_who_reaches_no_closer_gets_the_video(left: Left, name: str) -> None:
    messages = [row for row in left.evidence.report["messages"] if row["to"] == CASES[name].prospect]
    final = CASES[name].message or "delivered"
    assert [row["status"] for row in messages] == [final]
    assert "example.com/video" in messages[0]["text"]
    assert (await left.shown(name))["message_status"] == final


async def test_clicks_were_taken_and_decided_what_happened(left: Left) -> None:
    for name, action in (("declined_by_api", "decline"), ("accepted_by_api", "accept")):
        answer = left.afternoon.clicks[name]
        assert (answer.status_code, answer.json()["action"]) == (202, action), answer.text
        inbox = left.call(name).inbox
        (click,) = [row for row in inbox if row.event_type == "console"]
        keys = [row for row in inbox if row.event_type == "call.dtmf.received"]
        assert all(row.decided_version > click.decided_version for row in keys)  # type: ignore[operator]


async def test_two_prospects_do_not_get_one_closer(left: Left) -> None:
    """The other wanted the closer before the one had said yes to anybody."""
    one, other = sorted(
        ("twin_0", "twin_1"), key=lambda name: left.call(name).row.final_status != "hot_transfer"
    )
    (transfer,) = await left.transfers(one)
    assert transfer.outcome == "bridged", lines_told(left.call(one))
    assert transfer.accepted_at is not None
    assert wanted_at(left.call(other)) < transfer.accepted_at, "the twins were not hot at the same time"
    assert [transfer.outcome for transfer in await left.transfers(other)] in ([], ["no_closer"])
    assert left.call(other).row.final_status in ("follow_up", "video_sent"), lines_told(left.call(other))


async def test_without_a_closer_a_follow_up_is_booked(left: Left) -> None:
    call, shown = left.call("no_closer"), await left.shown("no_closer")
    assert (call.row.final_status, shown["transfers"]) == ("follow_up", []), lines_told(call)
    assert call.state.closer_available is False
    lead = (await left.world.api.get(f"/api/leads/by-phone/{afternoon.NO_CLOSER}")).json()["lead"]["row"]
    assert time_of(lead["next_followup"]) == time_of(shown["callback_at"])
    assert time_of(shown["callback_at"]) > time_of(shown["ended_at"])


@pytest.mark.parametrize("name", ["known_caller", "unknown_caller"])
async def test_who_calls_us_is_answered_and_the_call_is_learned(left: Left, name: str) -> None:
    call, shown = left.call(name), await left.shown(name)
    assert (shown["direction"], bool(left.commands(name, "answer"))) == ("inbound", True)
    first = next(row for row in shown["segments"] if row["speaker"] == "agent")
    assert "AI voice" in first["text"]
    assert "recorded" in first["text"]
    assert shown["status"] in ("follow_up", "do_not_call"), lines_told(call)
    assert (shown["lead_id"] is not None) == (name == "known_caller")
    assert call.document is not None
    assert call.document["metadata"]["direction"] == "inbound"


async def test_an_unknown_caller_who_wants_no_calls_gets_none(left: Left) -> None:
    assert left.call("unknown_caller").row.final_status == "do_not_call"
    listed = (await left.world.api.get(f"/api/leads/by-phone/{afternoon.UNKNOWN_CALLER}")).json()
    assert listed["do_not_call"] is True


def settled(left: Left, name: str, number: str) -> list[Row]:
    """The dials of a call that Telnyx did not answer for: one command, within the time that Telnyx knows it."""
    dials = left.dials(number)
    assert len({dial["command_id"] for dial in dials}) == 1, name
    assert {dial["status"] for dial in dials} == {None}
    times = [time_of(dial["at"]) for dial in dials]
    assert max(times) - min(times) < MEMORY
    return dials


def test_a_dial_without_a_sign_is_repeated_looked_for_and_given_up(left: Left) -> None:
    call, number = left.call("never_rang"), afternoon.NEVER_RANG
    assert len(settled(left, "never_rang", number)) > 1
    assert left.rang(number) == 0
    assert (call.row.final_status, call.state.prospect.hangup_cause) == ("failed", "unacknowledged")


def test_a_dial_that_shows_itself_is_adopted(left: Left) -> None:
    call, number = left.call("told_of"), afternoon.TOLD_OF
    settled(left, "told_of", number)
    assert left.rang(number) == 1
    assert (call.row.final_status, call.state.prospect.hangup_cause) == ("no_answer", "user_busy")


def test_a_dial_is_found_among_the_live_calls_before_any_webhook(left: Left) -> None:
    call, number = left.call("found"), afternoon.FOUND
    assert len(settled(left, "found", number)) > 1
    assert left.rang(number) == 1
    kinds = [row.event_type for row in call.inbox]
    assert kinds.index("command.done") < kinds.index("call.initiated")
    assert call.row.final_status not in (None, "failed"), lines_told(call)


async def test_recording_begins_when_it_was_announced_and_is_kept_with_the_call(left: Left) -> None:
    recorded = [name for name in left.evidence.calls if left.commands(name, "record_start")]
    assert {*CASES, "no_closer", "twin_0", "twin_1", "known_caller"} <= set(recorded)
    for name in recorded:
        (start,) = left.commands(name, "record_start")
        opening = next(row for row in left.rows("utterances", name) if row["speaker"] == "agent")
        assert "recorded" in opening["text"]
        assert opening["heard_fraction"] == 1
        assert start["at"] >= opening["ended_at"]
        kept = (await left.shown(name))["recording"]["id"]
        document = left.call(name).document
        assert document is not None
        assert document["audio_ids"] == [kept]


async def test_rating_and_result_become_what_the_words_are_worth(left: Left) -> None:
    """Last, since it changes what the others look at."""
    world, call = left.world, left.call("accepted_by_key")
    (transfer,) = await left.transfers("accepted_by_key")
    floor, worth = left.afternoon.floor, await rewards(world, call)

    assert (await floor.say(transfer, "rating", {"rating": 2, "notes": "tyre kicker"})).status_code == 200
    await learned(world, call, call.state.learn_revision + 1)
    assert await rewards(world, call) == pytest.approx({what: worth[what] - 0.8 for what in worth})
    assert await outcome(world, call) == pytest.approx({"reward": 0.2, "rating": 2, "result": None})

    assert (await floor.say(transfer, "result", {"result": "scheduled"})).status_code == 200
    await learned(world, call, call.state.learn_revision + 2)
    assert await rewards(world, call) == pytest.approx({what: worth[what] - 0.2 for what in worth})
    assert await outcome(world, call) == pytest.approx({"reward": 0.8, "rating": 2, "result": "scheduled"})
    again = await gather(world, floor.calls)
    assert await wrong(world, again) == []


async def rewards(world: World, call: Call) -> dict[tuple[str, str, str], float]:
    """What the statistics hold for the strategies that the call used."""
    used = {(choice.moment, choice.segment, choice.taken) for choice in call.state.choices}
    stats = await Facts(world.pool).stats()
    found = {(stat.moment, stat.segment, stat.strategy): stat.reward for stat in stats}
    return {what: found[what] for what in used}


async def learned(world: World, call: Call, revision: int) -> None:
    """Returns once every store holds this revision."""
    ledger = Ledger(world.pool)

    async def look() -> bool | None:
        rows = (await ledger.get(call_subject(UUID(call.id)))).values()
        held = [row for row in rows if row.status == "synced" and row.revision >= revision]
        return len(held) == len(STORES) or None

    await soon(look, f"call {call.id} learned at revision {revision}", 0.1)


async def outcome(world: World, call: Call) -> Row:
    """What Mongo holds of it."""
    conversations = Conversations.open(world.urls.mongo)
    try:
        document = await conversations.get(UUID(call.id))
    finally:
        await conversations.close()
    assert document is not None
    kept, transfer = document["outcome"], document["outcome"]["hot_transfer"]
    return {"reward": kept["reward"], "rating": transfer["rating"], "result": transfer["result"]}


def wanted_at(call: Call) -> datetime:
    """When the prospect said yes to a talk with the closer."""
    return call.state.decisions[-1].at


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
