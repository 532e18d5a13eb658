"""What the dialled number decides: each row of the table in load.numbers, over the wire."""

from functools import partial

import pytest

from load.numbers import BEHAVIOURS, behaviour_of
from load.people import person
from tests.load.wired import US, Wired, wired

OPENING = "This is Ava, an AI voice from Bright Path. Am I speaking with Sam?"
PERMISSION = "Do you have two minutes right now?"
RAPPORT = "You asked for information last week. Are you still interested in working from home?"
COMMITMENT = "The next step is a short talk with Kevin. Shall I connect you?"
GOODBYE = "Thank you for your time, goodbye."


def number(code: int, last: int = 42) -> str:
    return f"+1214555{code:02d}{last:02d}"


async def talk(sim: Wired, to: str, *lines: str) -> list[str]:
    """Say each line and wait for the answer to it; returns the answers, the first words left out."""
    leg = await sim.answered(to)
    said: list[str] = []
    for line in lines:
        before = len(sim.hooks.finals(leg["call_leg_id"])) if said else 0
        await sim.say(leg, line)
        await sim.hooks.until(partial(_answered_or_over, sim, leg["call_leg_id"], line))
        said = sim.hooks.finals(leg["call_leg_id"])[before:] or said
    return said


def _answered_or_over(sim: Wired, leg: str, line: str) -> bool:
    """Something was said after `line` had been played, or the leg is gone."""
    rows = [row for row in sim.exchange.journal.utterances if row["call_leg_id"] == leg]
    played = [row["ended_at"] for row in rows if row["text"] == line]
    if sim.hooks.of("call.hangup", leg):
        return True
    said = [row for row in rows if played and row["speaker"] == "prospect" and row["started_at"] > played[-1]]
    return any(row["event_id"] in {one["id"] for one in sim.hooks.seen} for row in said)


def test_numbers_that_are_in_no_row_talk() -> None:
    assert [behaviour_of(number(code)) for code in (0, 49, 55, 80)] == ["talker"] * 4
    assert behaviour_of("+13055559001") == "closer_accepts"
    assert behaviour_of(US, frozenset([US])) == "closer_mixed"
    assert len(BEHAVIOURS) == 28


@pytest.mark.parametrize(
    ("code", "cause", "source", "sip"),
    [
        (60, "user_busy", "callee", "486"),
        (61, "timeout", "caller", "487"),
        (69, "not_found", "callee", "404"),
        (74, "call_rejected", "unknown", "403"),
        (92, "timeout", "caller", "487"),
        (96, "user_busy", "callee", "486"),
        (97, "call_rejected", "callee", "603"),
    ],
)
async def test_calls_that_nobody_answers(code: int, cause: str, source: str, sip: str) -> None:
    async with wired(rate=200) as sim:
        leg = await sim.dial(number(code), timeout_secs=20)
        over = await sim.ended(leg)
        assert (over["hangup_cause"], over["hangup_source"], over["sip_hangup_cause"]) == (cause, source, sip)
        assert over["call_quality_stats"] is None
        assert sim.hooks.of("call.answered") == []


async def test_ringing_out_without_a_retry_on_timeout() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.dial(number(61), timeout_secs=20, retry_on_timeout=False)
        assert (await sim.ended(leg))["hangup_cause"] == "no_answer"


async def test_a_voicemail_greets_and_is_found_out() -> None:
    async with wired() as sim:
        leg = await sim.answered(number(62), answering_machine_detection="greeting_end")
        verdict = await sim.hooks.first("call.machine.detection.ended")
        assert verdict["result"] == "machine"
        assert await sim.hooks.final(leg["call_leg_id"])
        assert (await sim.hooks.first("call.machine.greeting.ended"))["result"] == "ended"
        await sim.say(leg, "This is Ava from Bright Path. Call us back any time.")
        over = await sim.ended(leg)
        assert over["hangup_source"] == "callee"
        told = await sim.report()
        assert [row["heard_fraction"] for row in told["utterances"] if row["speaker"] == "agent"] == [1.0]


async def test_a_verdict_of_machine_cancels_what_is_being_said() -> None:
    async with wired() as sim:
        leg = await sim.answered(number(62), answering_machine_detection="detect")
        await sim.say(leg, "one two three four five six seven eight nine ten " * 3)
        assert (await sim.hooks.first("call.speak.ended"))["status"] == "cancelled_amd"


async def test_premium_detection_has_its_own_events() -> None:
    async with wired() as sim:
        await sim.answered(number(1), answering_machine_detection="premium")
        await sim.hooks.first("call.machine.premium.detection.started")
        verdict = await sim.hooks.first("call.machine.premium.detection.ended")
        assert verdict["result"] in ("human_residence", "not_sure")


@pytest.mark.parametrize("code", [73, 89])
async def test_a_late_verdict_of_machine(code: int) -> None:
    async with wired() as sim:
        await sim.answered(number(code), answering_machine_detection="detect")
        await sim.hooks.until(lambda: len(sim.hooks.of("call.machine.detection.ended")) == 2)
        results = [one["payload"]["result"] for one in sim.hooks.of("call.machine.detection.ended")]
        assert results == ["not_sure", "machine"]


async def test_hanging_up_in_the_middle_of_a_sentence() -> None:
    async with wired() as sim:
        leg = await sim.answered(number(63))
        await sim.say(leg, OPENING)
        await sim.hooks.until(lambda: _answered_or_over(sim, leg["call_leg_id"], OPENING))
        await sim.say(leg, RAPPORT)
        assert (await sim.ended(leg))["hangup_source"] == "callee"
        await sim.hooks.until(lambda: len(sim.hooks.finals(leg["call_leg_id"])) >= 2)


@pytest.mark.parametrize(
    ("code", "lines", "words", "decision"),
    [
        (64, [OPENING], ("wrong", "nobody", "not me", "don't know"), "wrong_person"),
        (65, [OPENING], ("call", "list"), "do_not_call"),
        (67, [OPENING], ("robot", "person", "machine", "ai", "recording"), "undecided"),
        (70, [OPENING, PERMISSION], ("call me", "work better"), "callback"),
        (71, [OPENING, RAPPORT], ("start", "sign", "begin", "next step"), "undecided"),
        (72, [OPENING], ("hell", "sick", "scammers", "jerks", "screw"), "left"),
    ],
)
async def test_what_special_callees_say(
    code: int, lines: list[str], words: tuple[str, ...], decision: str
) -> None:
    async with wired() as sim:
        answers = await talk(sim, number(code), *lines)
        assert any(word in answers[-1].lower() for word in words), answers
        assert (await sim.report())["prospects"][0]["truth"]["decision"] == decision


async def test_a_silent_callee_never_speaks() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.answered(number(66), answering_machine_detection="detect")
        for _ in range(6):
            await sim.say(leg, OPENING)
            await sim.exchange.clock.sleep(8)
        await sim.ended(leg)
        assert sim.hooks.of("call.transcription") == []


async def test_a_screening_bot_asks_and_then_the_person_comes() -> None:
    async with wired(dead_air=15) as sim:
        leg = await sim.answered(
            number(68), answering_machine_detection="premium_ios_call_screening_detection"
        )
        assert (await sim.hooks.first("call.machine.premium.call_screening.detected"))[
            "result"
        ] == "screening"
        bot = await sim.hooks.final(leg["call_leg_id"])
        assert "call" in bot
        await sim.say(leg, "This is Ava from Bright Path about the information you asked for.")
        await sim.hooks.final(leg["call_leg_id"], 2)
        assert (await sim.report())["prospects"][0]["behaviour"] == "screening"


async def test_leaving_while_waiting_for_the_closer() -> None:
    async with wired() as sim:
        leg = await sim.answered(number(75))
        for line in (OPENING, RAPPORT, COMMITMENT):
            await sim.say(leg, line)
            await sim.hooks.until(partial(_answered_or_over, sim, leg["call_leg_id"], line))
        await sim.say(leg, "Wonderful, please stay on the line while I am connecting you with Kevin.")
        await sim.ended(leg)
        assert (await sim.report())["prospects"][0]["truth"]["decision"] == "left_waiting"


async def test_a_call_to_us_is_parked_until_it_is_answered() -> None:
    async with wired() as sim:
        row = (await sim.client.post("/sim/inbound", json={"from": number(1), "to": US})).json()
        initiated = await sim.hooks.first("call.initiated")
        assert (initiated["direction"], initiated["state"]) == ("incoming", "parked")
        assert initiated["client_state"] is None
        assert (await sim.command(row, "answer", transcription=True)).status_code == 200
        await sim.hooks.first("call.answered")
        first = (await sim.hooks.final(row["call_leg_id"])).lower()
        assert "call" in first or "reach me" in first
        other = (await sim.client.post("/sim/inbound", json={"from": number(2), "to": US})).json()
        assert (await sim.command(other, "reject", cause="USER_BUSY")).status_code == 200
        assert (await sim.ended(other))["hangup_cause"] == "user_busy"


async def test_a_caller_whom_nobody_answers_gives_up() -> None:
    async with wired(rate=200) as sim:
        row = (await sim.client.post("/sim/inbound", json={"from": number(1), "to": US})).json()
        assert (await sim.ended(row))["hangup_cause"] == "originator_cancel"


async def test_the_time_limit_ends_a_call() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.dial(number(1), time_limit_secs=30)
        assert (await sim.ended(leg))["hangup_cause"] == "time_limit"


async def test_dead_air_is_noticed() -> None:
    async with wired(rate=200, dead_air=15) as sim:
        leg = await sim.answered(number(1))
        assert (await sim.ended(leg))["hangup_source"] == "callee"
        assert len(sim.hooks.finals(leg["call_leg_id"])) >= 2


async def test_the_same_seed_gives_the_same_call() -> None:
    told = []
    for _ in range(2):
        async with wired(rate=200, seed=99) as sim:
            told.append(await talk(sim, number(5), OPENING, PERMISSION, RAPPORT))
    assert told[0] == told[1]


async def test_who_talks_over_a_line_answers_the_next_one() -> None:
    """The line goes on to its end, and the server's answer was queued behind it."""
    async with wired(barge_in=1000, seed=21) as sim:
        to = next(to for to in (number(0, last) for last in range(100)) if _has_something_to_say(21, to))
        leg = await sim.answered(to)
        await sim.say(leg, OPENING)
        await sim.hooks.until(lambda: _answered_or_over(sim, leg["call_leg_id"], OPENING))
        await sim.say(leg, LONG)
        before = len(sim.hooks.finals(leg["call_leg_id"]))
        await sim.hooks.final(leg["call_leg_id"], before)
        await sim.say(leg, "That is a fair question. Does that help?")
        await sim.hooks.final(leg["call_leg_id"], before + 1)
        agent = [row for row in (await sim.report())["utterances"] if row["speaker"] == "agent"]
        assert [row["heard_fraction"] for row in agent] == [1.0] * 3


LONG = "We help people to begin at home. " * 12 + "What would you like to earn?"


def _has_something_to_say(seed: int, to: str) -> bool:
    one = person(seed, to)
    return one.interrupts > 0 and bool(one.objections) and not one.questions
