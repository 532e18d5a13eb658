"""What two people say to each other once they are joined; on the wire only if transcription was left on."""

from typing import TYPE_CHECKING

from load import draws
from load.leg import Leg
from load.people import person
from load.wording import word

if TYPE_CHECKING:
    from load.exchange import Exchange


async def talk(exchange: "Exchange", one: Leg, other: Leg) -> Leg:
    """Talk by turns for 20 to 120 s; returns who hangs up."""
    key = (exchange.seed, one.number, other.number, one.nth)
    until = exchange.clock.now() + draws.between(20, 120, "talk", *key)
    turn = 0
    while exchange.clock.now() < until and one.partner is other:
        speaker = (one, other)[turn % 2]
        act = "closer_talk" if speaker.role == "closer" else "prospect_talk"
        text = word(person(exchange.seed, speaker.number), act, speaker.nth, turn // 2)
        turn += 1
        task = exchange.spawn(speaker.party.mouth.say(text, takes_turn=False), speaker)
        await exchange.clock.sleep(1.0 + len(text.split()) / 2.6)
        if not task.done():
            await exchange.clock.sleep(1.0)
    return one if draws.uniform("hangs up", *key) < 0.5 else other
