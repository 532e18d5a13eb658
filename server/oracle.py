"""Answers what `reduce` asks of the world, each within a deadline and each stored with the event that asked.

A store that is away or late must never hold up a live call: where there is a sound answer without it, it is given.
"""

import asyncio
import logging
from datetime import datetime

from call_flow.events import Given, Perceived, Vector
from call_flow.lead import Lead
from call_flow.needs import Closers, InboundCaller, Need, Perception, PolicyVector, Prediction
from call_flow.settings import CallSettings
from learning.perception import Perceiver
from learning.policy import Policy, fresh_draw, uniform
from learning.prediction import Predictor
from server.phones import zone_of
from server.placing import seeded_draw
from storage.closers import Closers as CloserTable
from storage.leads import Leads, snapshot

log = logging.getLogger(__name__)

POLICY_DEADLINE = 0.1  # wall seconds


class Oracle:
    """One for a process; `given` is called once for every need of every event."""

    def __init__(
        self,
        perceiver: Perceiver,
        policy: Policy | None,
        predictor: Predictor,
        closers: CloserTable,
        leads: Leads,
        settings: CallSettings,
        seed: int | None = None,
    ) -> None:
        self._perceiver = perceiver
        self._policy = policy
        self._predictor = predictor
        self._closers = closers
        self._leads = leads
        self._settings = settings
        self._seed = seed

    async def answer(self, need: Need, given: Given, now: datetime, subject: str) -> Given:
        """`given` with the need answered. `subject` is whom the call is with, in every run the same.

        Raises StoreAway only for Postgres, without which nothing is decided anyway.
        """
        if isinstance(need, Perception):
            return _with(given, perceived=given.perceived | {need.text: await self._perceive(need, now)})
        if isinstance(need, PolicyVector):
            return _with(given, vectors=given.vectors | {need.key: await self._vector(need, subject)})
        if isinstance(need, Closers):
            return _with(given, closers=tuple(await self._closers.available(now)))
        if isinstance(need, Prediction):
            return _with(given, prediction=self._predictor.probability(need.features))
        return await self._inbound(need, given)

    async def _perceive(self, need: Perception, now: datetime) -> Perceived:
        """Words that cannot be understood are still filed, and still obeyed where a rule knows them."""
        try:
            return await self._perceiver.perceive(need.text, now, need.timezone)
        except Exception:
            log.exception("an utterance was not understood")
            return Perceived()

    async def _vector(self, need: PolicyVector, subject: str) -> Vector:
        if self._policy is None:
            draw = fresh_draw() if self._seed is None else seeded_draw(self._seed, subject, need.key)
            return uniform(need.arms, draw, "control" if need.control else "uniform")
        try:
            return await asyncio.wait_for(self._policy.vector(need), POLICY_DEADLINE)
        except Exception as error:
            log.warning("no policy for %s, so uniform: %s", need.moment, type(error).__name__)
            return uniform(need.arms, fresh_draw(), "uniform")

    async def _inbound(self, need: InboundCaller, given: Given) -> Given:
        stored = await self._leads.by_phone(need.phone)
        lead = snapshot(stored) if stored else Lead(phone=need.phone, timezone=zone_of(need.phone))
        return _with(given, lead=lead, settings=self._settings)


def _with(given: Given, **answer: object) -> Given:
    return given.model_copy(update=answer)
