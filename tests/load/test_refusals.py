"""What the API refuses, with Telnyx' status and code; and what it forgets to do twice."""

from typing import Any

import httpx
import pytest

from tests.load.wired import CONNECTION, US, base64_of, wired

TALKER = "+12145550042"


def code(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["errors"][0]
    assert set(error) == {"code", "title", "detail"}
    return answer.status_code, error["code"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "2145550042"}, (422, "10016")),
        ({"from": "+1"}, (422, "10016")),
        ({"to": None}, (422, "10004")),
        ({"connection_id": ""}, (422, "10004")),
        ({"client_state": "not base64!"}, (422, "90017")),
        ({"timeout_secs": 4}, (422, "10015")),
        ({"timeout_secs": 601}, (422, "10015")),
        ({"time_limit_secs": 29}, (422, "10015")),
        ({"time_limit_secs": 14401}, (422, "10015")),
        ({"answering_machine_detection": "human"}, (422, "10015")),
        ({"link_to": "v3:nobody"}, (422, "90015")),
    ],
)
async def test_a_bad_dial(change: dict[str, Any], expected: tuple[int, str]) -> None:
    async with wired() as sim:
        body = {"to": TALKER, "from": US, "connection_id": CONNECTION, **change}
        assert code(await sim.client.post("/v2/calls", json=body)) == expected
        assert (await sim.report())["legs"] == []


async def test_the_key_is_checked() -> None:
    async with wired() as sim:
        answer = await sim.client.post("/v2/calls", json={}, headers={"authorization": "Bearer no"})
        assert code(answer) == (401, "10009")


async def test_commands_that_come_too_early_or_too_late() -> None:
    async with wired(rate=20) as sim:
        leg = await sim.dial(TALKER)
        assert code(await sim.say(leg, "Hello")) == (422, "90034")
        assert code(await sim.command(leg, "record_start", channels="dual", format="mp3")) == (422, "90020")
        assert code(await sim.command(leg, "answer")) == (422, "90102")
        await sim.hooks.first("call.answered")
        assert code(await sim.command(leg, "transcription_start")) == (422, "90054")
        assert code(await sim.command(leg, "speak", voice="female")) == (422, "10004")
        assert code(await sim.say(leg, "x" * 3001)) == (422, "10015")
        assert code(await sim.command(leg, "speak_loudly")) == (404, "10005")
        assert code(await sim.command({"call_control_id": "v3:none"}, "hangup")) == (422, "90015")
        assert (await sim.command(leg, "hangup")).status_code == 200
        assert code(await sim.command(leg, "hangup")) == (422, "90018")
        assert code(await sim.say(leg, "Hello")) == (422, "90018")


async def test_what_runs_is_not_started_again_and_what_does_not_is_not_stopped() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        assert (await sim.command(leg, "transcription_stop")).status_code == 200
        assert code(await sim.command(leg, "transcription_stop")) == (422, "90055")
        assert code(await sim.command(leg, "streaming_stop")) == (422, "90048")
        for expected in (200, 422):
            answer = await sim.command(leg, "streaming_start", stream_url="ws://127.0.0.1:9/media")
            assert answer.status_code == expected
        assert code(answer) == (422, "90045")


async def test_a_transfer_rings_no_longer_than_telnyx_lets_it() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        assert code(await sim.command(leg, "transfer", to="+12145559001", timeout_secs=1)) == (422, "10015")


async def test_bridging_with_a_leg_that_still_rings() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        closer = await sim.dial("+12145559001", link_to=leg["call_control_id"])
        answer = await sim.command(leg, "bridge", call_control_id=closer["call_control_id"])
        assert code(answer) == (422, "90034")


async def test_the_channel_limit() -> None:
    async with wired(channel_limit=1) as sim:
        leg = await sim.dial(TALKER)
        body = {"to": "+12145550043", "from": US, "connection_id": CONNECTION}
        assert code(await sim.client.post("/v2/calls", json=body)) == (422, "90041")
        await sim.command(leg, "hangup")
        assert (await sim.client.post("/v2/calls", json=body)).status_code == 200


async def test_a_command_id_is_remembered_for_sixty_seconds_of_the_clock() -> None:
    async with wired(rate=200) as sim:
        first = await sim.dial(TALKER, command_id="d")
        assert await sim.dial(TALKER, command_id="d") == first
        await sim.hooks.first("call.answered")
        assert len(sim.hooks.of("call.initiated")) == 1
        for _ in range(2):
            assert (await sim.say(first, "Hello there.", command_id="s")).status_code == 200
        await sim.exchange.clock.sleep(61)
        assert (await sim.say(first, "Hello there.", command_id="s")).status_code == 200
        await sim.hooks.until(lambda: len(sim.hooks.of("call.speak.ended")) == 2)
        speaks = [row["effect"] for row in (await sim.report())["commands"] if row["action"] == "speak"]
        assert speaks == [True, False, True]


async def test_the_same_command_id_on_another_leg_counts() -> None:
    async with wired() as sim:
        one, other = await sim.answered(TALKER), await sim.answered("+12145550043")
        await sim.say(one, "Hello.", command_id="s")
        await sim.say(other, "Hello.", command_id="s")
        await sim.hooks.first("call.speak.ended", one["call_leg_id"])
        await sim.hooks.first("call.speak.ended", other["call_leg_id"])


async def test_client_state_follows_the_last_command() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER, client_state=base64_of("one"))
        assert (
            await sim.command(leg, "client_state_update", client_state=base64_of("two"))
        ).status_code == 200
        bad = await sim.command(leg, "hangup", client_state="!")
        assert code(bad) == (422, "90017")
        await sim.command(leg, "hangup")
        assert (await sim.ended(leg))["client_state"] == base64_of("two")
