"""Telnyx' own SDK takes the simulator for Telnyx: requests, errors, pages, and signed webhooks."""

import base64

import pytest

from tests.load.wired import CONNECTION, KEY, US, base64_of, wired

TALKER = "+12145550042"


async def test_the_sdk_drives_a_call() -> None:
    from telnyx import AsyncTelnyx, UnprocessableEntityError

    async with wired(rate=20) as sim:
        base = str(sim.client.base_url).rstrip("/")
        async with AsyncTelnyx(
            api_key=KEY, public_key=sim.signer.public_key, base_url=f"{base}/v2", max_retries=0
        ) as telnyx:
            dialled = (
                await telnyx.calls.dial(
                    connection_id=CONNECTION,
                    from_=US,
                    to=TALKER,
                    client_state=base64_of("one"),
                    command_id="d1",
                    answering_machine_detection="detect",
                    transcription=True,
                    transcription_config={"transcription_engine": "Telnyx"},
                )
            ).data
            with pytest.raises(UnprocessableEntityError) as early:
                await telnyx.calls.actions.speak(dialled.call_control_id, payload="Hi", voice="female")
            assert early.value.body["errors"][0]["code"] == "90034"
            await sim.hooks.first("call.answered")
            await telnyx.calls.actions.speak(dialled.call_control_id, payload="Hello there.", voice="female")
            await sim.hooks.first("call.speak.ended")
            live = [one async for one in telnyx.connections.list_active_calls(CONNECTION, page_size=1)]
            assert [one.call_leg_id for one in live] == [dialled.call_leg_id]
            status = await telnyx.calls.retrieve_status(dialled.call_control_id)
            assert status.data.is_alive
            await telnyx.calls.actions.update_client_state(
                dialled.call_control_id, client_state=base64_of("two")
            )
            sent = await telnyx.messages.send(from_=US, to=TALKER, text="Hello", idempotency_key="m1")
            await telnyx.calls.actions.hangup(dialled.call_control_id, command_id="h1")
            await sim.hooks.first("call.hangup")
            assert (await sim.hooks.first("message.finalized"))["id"] == sent.data.id
            for one in sim.hooks.deliveries:
                event = telnyx.webhooks.unwrap(one["raw"].decode(), headers=one["headers"])
                known = type(event).__name__
                assert known != "ReplacedLinkClickWebhookEvent", one["data"]["event_type"]
            assert base64.b64decode(sim.hooks.of("call.hangup")[0]["payload"]["client_state"]) == b"two"
