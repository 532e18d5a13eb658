"""Each knob of the wire does what it says, and nothing is lost by any of them."""

from collections import Counter
from typing import Any

import httpx
import pytest

from load.knobs import Knobs
from tests.load.wired import CONNECTION, US, Wired, wired

TALKER = "+12145550042"
LINE = "This is Ava, an AI voice. Am I speaking with Sam?"


async def talk(sim: Wired) -> dict[str, Any]:
    """A short call; returns its leg once all its events have been acknowledged."""
    leg = await sim.answered(TALKER)
    await sim.say(leg, LINE)
    await sim.hooks.first("call.speak.ended")
    await sim.command(leg, "hangup")
    await sim.ended(leg)
    await sim.hooks.until(lambda: all(row["acked_at"] for row in sim.exchange.journal.events))
    return leg


async def test_copies_have_the_id_of_the_first() -> None:
    async with wired(duplicate={"every_event_times": [2, 3]}) as sim:
        await talk(sim)
        await sim.hooks.until(lambda: min(copies(sim).values()) >= 2)
        assert max(copies(sim).values()) <= 3


def copies(sim: Wired) -> Counter[str]:
    """Of each event, without what was tried again because the answer was slow."""
    first = [one for one in sim.hooks.deliveries if one["meta"]["attempt"] == 1]
    return Counter(one["data"]["id"] for one in first)


async def test_neighbours_less_than_a_second_apart_change_places() -> None:
    async with wired(rate=20, swap_neighbours=1.0) as sim:
        leg = await sim.answered(TALKER)
        await sim.say(leg, "one two three four five six")
        await sim.hooks.first("call.speak.started")
        await sim.command(leg, "hangup")
        await sim.ended(leg)
        await sim.hooks.first("call.speak.ended")
        order = [one["event_type"] for one in sim.hooks.seen]
        assert order.index("call.hangup") < order.index("call.speak.ended")


async def test_events_are_shuffled_within_the_call() -> None:
    async with wired(rate=200, shuffle_within=30.0, seed=11) as sim:
        leg = await sim.dial(TALKER)
        await sim.exchange.clock.sleep(20)
        for _ in range(4):
            await sim.say(leg, LINE)
        await sim.exchange.clock.sleep(30)
        await sim.command(leg, "hangup")
        await sim.hooks.until(lambda: len(sim.hooks.seen) == len(sim.exchange.journal.events))
        await sim.hooks.until(lambda: sim.hooks.of("call.hangup"))
        times = [one["occurred_at"] for one in sim.hooks.seen]
        assert times != sorted(times)


async def test_every_webhook_is_late_by_the_delay() -> None:
    async with wired(delay=20.0) as sim:
        leg = await sim.dial(TALKER)
        await sim.exchange.clock.sleep(15)
        assert sim.hooks.seen == []
        await sim.hooks.first("call.initiated", leg["call_leg_id"])


async def test_a_lost_first_attempt_comes_as_the_second() -> None:
    async with wired(drop_first_attempt=1.0) as sim:
        await sim.dial("+12145556042")
        await sim.hooks.first("call.initiated")
        assert {one["meta"]["attempt"] for one in sim.hooks.deliveries} == {2}


async def test_the_hangup_of_a_number_that_is_never_told() -> None:
    async with wired(lose_hangups=[TALKER]) as sim:
        leg = await sim.answered(TALKER)
        await sim.command(leg, "hangup")
        await sim.hooks.until(lambda: sim.exchange.journal.events[-1]["event_type"] == "call.hangup")
        found = (await sim.client.get(f"/v2/calls/{leg['call_control_id']}")).json()["data"]
        assert found["is_alive"] is False
        lost = (await sim.report())["events"][-1]
        assert (lost["given_up"], lost["attempts"], lost["acked_at"]) == (True, 0, None)
        assert sim.hooks.of("call.hangup") == []


async def test_a_refused_webhook_is_not_sent_again() -> None:
    async with wired() as sim:
        sim.hooks.status = lambda one: 401
        await sim.dial("+12145556042")
        await sim.hooks.until(lambda: len(sim.hooks.deliveries) == 2)
        await sim.exchange.clock.sleep(100)
        assert len(sim.hooks.deliveries) == 2
        rows = (await sim.report())["events"]
        assert [(row["given_up"], row["refused"], row["last_status"]) for row in rows] == [
            (True, True, 401)
        ] * 2


async def test_busy_answers_are_retried_until_one_is_good() -> None:
    async with wired() as sim:
        sim.hooks.status = lambda one: 429 if one["meta"]["attempt"] < 3 else 200
        await sim.dial("+12145556042")
        await sim.hooks.first("call.initiated")
        rows = (await sim.report())["events"]
        assert rows[0]["attempts"] == 3
        assert rows[0]["given_up"] is False


async def status_of_a_dial(sim: Wired) -> httpx.Response:
    return await sim.client.post(
        "/v2/calls", json={"to": TALKER, "from": US, "connection_id": CONNECTION, "command_id": "d"}
    )


async def test_errors_before_and_after_the_effect() -> None:
    async with wired(api_5xx=1.0) as sim:
        assert (await status_of_a_dial(sim)).status_code == 500
        assert (await sim.report())["legs"] == []
        await sim.knobs(api_5xx=0, api_5xx_after_effect=1.0)
        assert (await status_of_a_dial(sim)).status_code == 500
        await sim.knobs(api_5xx_after_effect=0)
        leg = (await status_of_a_dial(sim)).json()["data"]
        told = await sim.report()
        assert [row["call_leg_id"] for row in told["legs"]] == [leg["call_leg_id"]]
        assert [(row["status"], row["effect"]) for row in told["commands"]] == [
            (500, False),
            (500, True),
            (200, False),
        ]


async def test_too_many_requests() -> None:
    async with wired(api_429=1.0, api_actions=["dial"]) as sim:
        answer = await status_of_a_dial(sim)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["errors"][0]["code"] == "10011"
        page = await sim.client.get(f"/v2/connections/{CONNECTION}/active_calls")
        assert page.status_code == 200


async def test_no_answer_at_all() -> None:
    async with wired(api_no_answer=1.0) as sim:
        with pytest.raises(httpx.ReadTimeout):
            await sim.client.post("/v2/messages", json={"to": TALKER, "text": "x"}, timeout=0.3)


async def test_whether_a_request_without_an_answer_takes_effect() -> None:
    body = {"to": TALKER, "from": US, "connection_id": CONNECTION}
    async with wired(api_no_answer=1.0) as sim:
        for effect in (0, 1):
            await sim.knobs(api_no_answer_effect=effect)
            with pytest.raises(httpx.ReadTimeout):
                await sim.client.post("/v2/calls", json=body, timeout=0.3)
            assert len((await sim.report())["legs"]) == effect


def test_a_knob_that_is_none_names_those_that_are() -> None:
    knobs = Knobs()
    with pytest.raises(ValueError, match="no such knob: delays"):
        knobs.turn({"delay": 3, "delays": 1})
    with pytest.raises(ValueError, match="delay must be a number"):
        knobs.turn({"effect": 0.05, "delay": "long"})
    assert knobs == Knobs()


async def test_knobs_over_http() -> None:
    async with wired() as sim:
        assert (await sim.client.post("/sim/knobs", json={"no": 1})).status_code == 400
        assert (await sim.client.post("/sim/knobs", json={"delay": 1})).json()["delay"] == 1.0
        assert (await sim.client.get("/sim/knobs")).json()["delay"] == 1.0
