"""Legs that are joined: dialling a closer, the whisper and its key, bridge, transfer, and how each ends."""

from typing import Any

import pytest

from load.closer import mood
from tests.load.wired import US, Wired, base64_of, wired

PROSPECT = "+12145550042"
KEVIN, MARIA = "+13125559500", "+13125559501"
WHISPER = "Sam. Wants to start soon. Press 1 to take the call, 2 to decline."


def closer(code: int) -> str:
    return f"+1305555{code}01"


async def both(sim: Wired, to: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A prospect and a closer, both answered, in one session."""
    leg = await sim.answered(PROSPECT, client_state=base64_of("prospect"))
    other = await sim.answered(
        to,
        link_to=leg["call_control_id"],
        client_state=base64_of("closer"),
        transcription=False,
        timeout_secs=20,
        **more,
    )
    assert other["call_session_id"] == leg["call_session_id"]
    return leg, other


@pytest.mark.parametrize(("code", "digit"), [(90, "1"), (91, "2")])
async def test_a_closer_listens_to_the_whisper_and_presses_a_key(code: int, digit: str) -> None:
    async with wired() as sim:
        leg = await sim.answered(closer(code))
        await sim.command(leg, "gather_using_speak", payload=WHISPER, voice="female", maximum_digits=1)
        got = await sim.hooks.first("call.gather.ended", leg["call_leg_id"])
        assert (got["digits"], got["status"]) == (digit, "valid")
        assert (await sim.hooks.first("call.dtmf.received"))["digit"] == digit
        assert sim.hooks.of("call.speak.started") == []


async def test_a_key_after_a_spoken_whisper() -> None:
    async with wired() as sim:
        leg = await sim.answered(closer(90))
        await sim.say(leg, WHISPER)
        assert (await sim.hooks.first("call.dtmf.received"))["digit"] == "1"


async def test_a_gather_that_nobody_answers_times_out() -> None:
    async with wired() as sim:
        leg = await sim.answered(PROSPECT)
        await sim.command(leg, "gather", maximum_digits=1, timeout_millis=5000)
        assert (await sim.hooks.first("call.gather.ended"))["status"] == "timeout"


async def test_a_closer_who_hangs_up_during_the_whisper() -> None:
    async with wired() as sim:
        leg = await sim.answered(closer(94))
        await sim.command(leg, "gather_using_speak", payload=WHISPER, voice="female")
        over = await sim.ended(leg)
        assert over["hangup_source"] == "callee"
        assert (await sim.hooks.first("call.gather.ended"))["status"] == "call_hangup"


async def test_a_closer_who_takes_the_call_and_hangs_up() -> None:
    async with wired() as sim:
        leg, other = await both(sim, closer(99))
        await sim.say(other, WHISPER)
        await sim.ended(other)
        assert [one["payload"]["digit"] for one in sim.hooks.of("call.dtmf.received")] == ["1"]
        answer = await sim.command(leg, "bridge", call_control_id=other["call_control_id"])
        assert answer.json()["errors"][0]["code"] == "90018"


async def test_a_closer_who_presses_nothing() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.answered(closer(98))
        await sim.say(leg, WHISPER)
        await sim.hooks.first("call.speak.ended", leg["call_leg_id"])
        await sim.exchange.clock.sleep(30)
        assert sim.hooks.of("call.dtmf.received") == sim.hooks.of("call.hangup") == []


async def test_a_prospect_who_leaves_once_nobody_listens() -> None:
    async with wired() as sim:
        leg = await sim.answered("+12145557642")
        assert (await sim.command(leg, "transcription_stop")).status_code == 200
        assert (await sim.ended(leg))["hangup_source"] == "callee"


@pytest.mark.parametrize(("knob", "status"), [("bridge_refused", 422), ("bridge_without_effect", 200)])
async def test_a_bridge_that_joins_nobody(knob: str, status: int) -> None:
    async with wired(rate=200, **{knob: 1}) as sim:
        leg, other = await both(sim, closer(90))
        answer = await sim.command(leg, "bridge", call_control_id=other["call_control_id"])
        assert answer.status_code == status
        told = await sim.report()
        assert [row["effect"] for row in told["commands"] if row["action"] == "bridge"] == [False]
        assert [row["bridged_at"] for row in told["legs"]] == [None, None]
        await sim.knobs(**{knob: 0})
        assert (await sim.command(leg, "bridge", call_control_id=other["call_control_id"])).status_code == 200
        await sim.hooks.first("call.bridged", other["call_leg_id"])


def test_a_mixed_closer_s_mood_is_the_closer_s_own() -> None:
    """What one does with a prospect says nothing of what another would."""
    moods = {
        (one, other)
        for n in range(200)
        for one, other in [[mood("closer_mixed", 1, to, f"+1214555{n:04d}", 0) for to in (KEVIN, MARIA)]]
    }
    assert len(moods) == 9


async def test_a_closers_voicemail_is_a_machine() -> None:
    async with wired() as sim:
        leg = await sim.answered(closer(93), timeout_secs=20, answering_machine_detection="detect")
        verdict = await sim.hooks.first("call.machine.detection.ended", leg["call_leg_id"])
        assert verdict["result"] == "machine"


async def test_a_bridge_joins_both_and_both_end() -> None:
    async with wired(rate=200) as sim:
        leg, other = await both(sim, closer(90))
        await sim.command(leg, "transcription_stop")
        bridged = await sim.command(leg, "bridge", call_control_id=other["call_control_id"])
        assert bridged.status_code == 200
        for one, state in ((leg, "prospect"), (other, "closer")):
            joined = await sim.hooks.first("call.bridged", one["call_leg_id"])
            assert joined["client_state"] == base64_of(state)
        again = await sim.command(leg, "bridge", call_control_id=other["call_control_id"])
        assert again.status_code == 200
        await sim.ended(leg)
        await sim.ended(other)
        told = await sim.report()
        assert told["transcribed_after_bridge"] == 0
        assert any(row["after_bridge"] for row in told["utterances"])
        assert [row["effect"] for row in told["commands"] if row["action"] == "bridge"] == [True, False]


async def test_transcription_left_on_is_counted() -> None:
    async with wired(rate=200) as sim:
        leg, other = await both(sim, closer(90))
        await sim.command(leg, "bridge", call_control_id=other["call_control_id"])
        await sim.ended(leg)
        assert (await sim.report())["transcribed_after_bridge"] > 0


async def test_a_parked_leg_outlives_the_other() -> None:
    async with wired(rate=200) as sim:
        leg, other = await both(sim, closer(90))
        await sim.command(leg, "bridge", call_control_id=other["call_control_id"], park_after_unbridge="self")
        await sim.hooks.first("call.bridged", other["call_leg_id"])
        await sim.command(other, "hangup")
        await sim.hooks.first("call.hold", leg["call_leg_id"])
        assert sim.hooks.of("call.hangup", leg["call_leg_id"]) == []
        assert (await sim.say(leg, "Kevin had to leave. Goodbye.")).status_code == 200


async def test_a_transfer_is_a_leg_of_its_own_that_is_joined_when_answered() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.answered(PROSPECT, client_state=base64_of("prospect"))
        await sim.command(leg, "transfer", to=closer(90), target_leg_client_state=base64_of("target"))
        joined = await sim.hooks.until(lambda: sim.hooks.of("call.bridged", client_state=base64_of("target")))
        target = joined[0]["payload"]
        assert target["call_session_id"] == leg["call_session_id"]
        assert (target["to"], target["from"]) == (closer(90), PROSPECT)
        await sim.hooks.first("call.bridged", leg["call_leg_id"])


async def test_a_transfer_that_nobody_answers_leaves_the_caller() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.answered(PROSPECT)
        await sim.command(leg, "transfer", to=closer(92), timeout_secs=20)
        over = await sim.hooks.first("call.hangup", to=closer(92))
        assert over["hangup_cause"] == "timeout"
        assert (await sim.say(leg, "Nobody there.")).status_code == 200


async def test_a_caller_who_leaves_takes_the_ringing_transfer_along() -> None:
    async with wired(rate=50) as sim:
        leg = await sim.answered(PROSPECT)
        await sim.command(leg, "transfer", to=closer(92))
        await sim.hooks.first("call.initiated", to=closer(92))
        await sim.command(leg, "hangup")
        assert (await sim.hooks.first("call.hangup", to=closer(92)))["hangup_cause"] == "originator_cancel"


async def test_bridging_on_answer() -> None:
    async with wired(rate=200) as sim:
        leg = await sim.answered(PROSPECT)
        other = await sim.dial(
            closer(90), link_to=leg["call_control_id"], bridge_on_answer=True, bridge_intent=True
        )
        joined = await sim.hooks.first("call.bridged", other["call_leg_id"])
        assert joined["from"] == US


async def test_a_recording_is_saved_without_its_control_id() -> None:
    async with wired() as sim:
        leg = await sim.answered(PROSPECT)
        await sim.command(leg, "record_start", channels="dual", format="mp3")
        await sim.command(leg, "hangup")
        saved = await sim.hooks.first("call.recording.saved")
        assert "call_control_id" not in saved
        assert saved["call_leg_id"] == leg["call_leg_id"]
        assert saved["recording_urls"]["mp3"].endswith(f"{saved['recording_id']}.mp3")


async def test_music_plays_until_it_is_stopped() -> None:
    async with wired() as sim:
        leg = await sim.answered(PROSPECT)
        await sim.command(leg, "playback_start", audio_url="https://example.com/hold.mp3", loop="infinity")
        await sim.hooks.first("call.playback.started")
        await sim.command(leg, "playback_stop", stop="all")
        assert (await sim.hooks.first("call.playback.ended"))["status"] == "cancelled"
