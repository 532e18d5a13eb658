"""One call over HTTP as the server sees it: order, fields, signature, transcripts, the report."""

import base64
import time

from nacl.signing import VerifyKey

from tests.load.wired import CONNECTION, US, base64_of, wired

TALKER = "+12145550042"
GREETING = "This is Ava, an AI voice from Bright Path. Imagine what could be. Am I speaking with Sam?"


async def test_a_call_from_dial_to_hangup() -> None:
    async with wired() as sim:
        leg = await sim.dial(TALKER, client_state=base64_of("call 1"), command_id="d1")
        assert leg["is_alive"] is False
        assert leg["record_type"] == "call"
        initiated = await sim.hooks.first("call.initiated", leg["call_leg_id"])
        assert (initiated["direction"], initiated["state"]) == ("outgoing", "bridging")
        assert initiated["connection_id"] == CONNECTION
        answered = await sim.hooks.first("call.answered")
        assert (answered["codec"], answered["sampling_rate"]) == ("PCMU", 8000)
        assert "state" not in answered
        assert "direction" not in answered
        hello = await sim.hooks.final(leg["call_leg_id"])
        assert hello

        assert (await sim.say(leg, GREETING, command_id="s1")).json() == {"data": {"result": "ok"}}
        started = await sim.hooks.first("call.speak.started")
        ended = await sim.hooks.first("call.speak.ended")
        assert started["speak_id"] == ended["speak_id"]
        assert ended["status"] == "completed"
        await sim.hooks.final(leg["call_leg_id"], 1)

        assert (await sim.command(leg, "hangup", command_id="h1")).status_code == 200
        over = await sim.ended(leg)
        assert (over["hangup_cause"], over["hangup_source"], over["sip_hangup_cause"]) == (
            "normal_clearing",
            "caller",
            "200",
        )
        assert over["call_quality_stats"]["inbound"]["mos"] == "4.50"
        assert isinstance(over["call_quality_stats"]["inbound"]["packet_count"], str)
        assert over["end_time"] > over["start_time"]
        assert {one["payload"]["client_state"] for one in sim.hooks.seen} == {base64_of("call 1")}
        assert {one["payload"]["calling_party_type"] for one in sim.hooks.seen} == {"pstn"}
        order = [one["event_type"] for one in sim.hooks.seen]
        wanted = ["call.initiated", "call.answered", "call.speak.started", "call.speak.ended", "call.hangup"]
        assert [name for name in order if name in wanted] == wanted


async def test_the_report_tells_what_was_said_and_meant() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        await sim.hooks.final(leg["call_leg_id"])
        await sim.say(leg, GREETING, command_id="s1")
        await sim.hooks.final(leg["call_leg_id"], 1)
        await sim.command(leg, "hangup")
        await sim.ended(leg)
        told = await sim.report()
        agent = [row for row in told["utterances"] if row["speaker"] == "agent"]
        assert [(row["text"], row["heard_fraction"]) for row in agent] == [(GREETING, 1.0)]
        prospect = [row for row in told["utterances"] if row["speaker"] == "prospect"]
        finals = {row["id"]: row["transcript"] for row in told["events"] if row["is_final"]}
        assert {row["event_id"]: row["text"] for row in prospect} == finals
        assert [(row["action"], row["effect"]) for row in told["commands"]] == [
            ("dial", True),
            ("speak", True),
            ("hangup", True),
        ]
        assert told["prospects"][0]["truth"]["techniques"] == {"opening": "curiosity"}
        assert told["legs"][0]["hangup_cause"] == "normal_clearing"
        later = await sim.client.get("/sim/report", params={"since": str(time.time() + 60)})
        assert later.json()["events"] == []
        metrics = (await sim.client.get("/sim/metrics")).json()
        assert metrics["webhook_ack_ms"]["n"] == metrics["webhooks"] == len(told["events"])
        assert metrics["word_to_command_ms"]["n"] == 1


async def test_every_webhook_is_signed_and_every_retry_anew() -> None:
    async with wired() as sim:
        sim.hooks.status = lambda one: 503 if one["meta"]["attempt"] == 1 else 200
        await sim.dial("+12145556042")
        await sim.hooks.until(lambda: len(sim.hooks.seen) == 2)
        key = VerifyKey(base64.b64decode(sim.signer.public_key))
        for one in sim.hooks.deliveries:
            stamp = one["headers"]["telnyx-timestamp"]
            signature = base64.b64decode(one["headers"]["telnyx-signature-ed25519"])
            key.verify(stamp.encode() + b"|" + one["raw"], signature)
            assert abs(time.time() - int(stamp)) < 30
            assert one["headers"]["user-agent"] == "telnyx-webhooks"
        attempts = [one["meta"]["attempt"] for one in sim.hooks.deliveries]
        assert sorted(attempts) == [1, 1, 2, 2]


async def test_interims_come_before_the_final_and_can_be_refused() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        await sim.hooks.final(leg["call_leg_id"])
        await sim.say(leg, GREETING)
        await sim.hooks.final(leg["call_leg_id"], 1)
        heard = [one["payload"]["transcription_data"] for one in sim.hooks.of("call.transcription")]
        last = [one for one in heard if one["is_final"]][-1]["transcript"]
        interims = [one["transcript"] for one in heard if not one["is_final"]]
        assert any(last.startswith(one) for one in interims)
        assert all(one["transcription_track"] == "inbound" for one in heard)
        quiet = await sim.answered(
            "+12145550043", transcription_config={"transcription_engine_config": {"interim_results": False}}
        )
        await sim.say(quiet, GREETING)
        await sim.hooks.final(quiet["call_leg_id"])
        heard = [one["payload"] for one in sim.hooks.of("call.transcription", quiet["call_leg_id"])]
        assert all(one["transcription_data"]["is_final"] for one in heard)


async def test_playback_stop_cuts_what_is_said() -> None:
    async with wired() as sim:
        leg = await sim.answered(TALKER)
        await sim.say(leg, "one two three four five six seven eight nine ten " * 8)
        await sim.say(leg, "never heard")
        await sim.hooks.first("call.speak.started")
        assert (await sim.command(leg, "playback_stop", stop="all")).status_code == 200
        await sim.hooks.first("call.speak.ended")
        told = await sim.report()
        agent = [row for row in told["utterances"] if row["speaker"] == "agent"]
        assert len(agent) == 1
        assert agent[0]["heard_fraction"] < 0.9
        again = await sim.command(leg, "playback_stop", stop="all")
        assert again.status_code == 200
        assert (await sim.report())["commands"][-1]["effect"] is False


async def test_active_calls_and_status_of_a_leg() -> None:
    async with wired() as sim:
        legs = [await sim.dial(f"+1214555000{number}", from_=US) for number in range(3)]
        page = (
            await sim.client.get(
                f"/v2/connections/{CONNECTION}/active_calls", params={"page[number]": 2, "page[size]": 2}
            )
        ).json()
        assert [one["call_leg_id"] for one in page["data"]] == [legs[2]["call_leg_id"]]
        assert page["meta"] == {"page_number": 2, "page_size": 2, "total_pages": 2, "total_results": 3}
        found = (await sim.client.get(f"/v2/calls/{legs[0]['call_control_id']}")).json()["data"]
        assert found["is_alive"] is True
        await sim.command(legs[0], "hangup")
        over = (await sim.client.get(f"/v2/calls/{legs[0]['call_control_id']}")).json()["data"]
        assert over["is_alive"] is False
        assert over["end_time"]


async def test_a_message_is_sent_and_delivered_once() -> None:
    async with wired() as sim:
        body = {"from": US, "to": TALKER, "text": "Here is the video."}
        first = await sim.client.post("/v2/messages", json=body, headers={"idempotency-key": "m1"})
        again = await sim.client.post("/v2/messages", json=body, headers={"idempotency-key": "m1"})
        assert first.json() == again.json()
        message = first.json()["data"]["id"]
        final = await sim.hooks.first("message.finalized")
        assert final["id"] == message
        assert final["to"][0]["status"] == "delivered"
        assert len(sim.hooks.of("message.sent")) == 1
        assert [row["status"] for row in (await sim.report())["messages"]] == ["delivered"]
