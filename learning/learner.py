"""Learns a call that has ended into every store: at least once, in any order, and never twice over.

Postgres comes first, because all else is set from it; the other stores follow beside each other. A store that is
away leaves its row of the ledger pending and holds up no other; `learning.sync` comes back to it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from call_flow.record import CallRecord
from call_flow.state import CallState, record_of
from learning.analysis import Analysis, analyse
from learning.cards import Card, scenario_card, segment_cards
from learning.conversation import conversation_document, outcome_document
from learning.embeddings import Vectors as Embedded
from learning.fault import fault
from learning.graph_telling import graph_facts
from learning.kept_vectors import KeptVectors
from learning.known_statistics import CACHE_KEY, TOPIC
from learning.model_change import ModelChange
from learning.statistics import family_of
from storage.away import StoreAway
from storage.cache import Cache
from storage.calls import CallRow, Calls
from storage.facts import Facts
from storage.graph import Graph
from storage.ledger import RETRY_S, STORES, Ledger, LedgerStatus, Store, call_subject
from storage.mongo import Conversations
from storage.vectors import Kind, Vectors

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
# How long a store that was found away is left alone: one call in this time pays for finding out, not every one.
LEFT_ALONE_S = RETRY_S["pending"]


@dataclass
class Learned:
    """What became of one learning: the revision that was learned, and each store's new status, error and wall time."""

    call_id: UUID
    revision: int
    statuses: dict[Store, LedgerStatus] = field(default_factory=dict)
    errors: dict[Store, str] = field(default_factory=dict)
    seconds: dict[Store, float] = field(default_factory=dict)

    @property
    def revisions(self) -> dict[str, int]:
        """As the ledger takes it."""
        return {call_subject(self.call_id): self.revision}

    @property
    def synced(self) -> bool:
        return all(status == "synced" for status in self.statuses.values())

    @property
    def away(self) -> set[Store]:
        """Stores that could not be reached."""
        return {store for store, status in self.statuses.items() if status == "pending"}


@dataclass(frozen=True)
class _Lesson:
    """A call as it is to be learned."""

    row: CallRow
    record: CallRecord
    analysis: Analysis
    reward: float | None
    now: datetime


class NotLearnable(Exception):
    """The call is not there, or has not ended: there is nothing to learn, now or later, at this revision."""


class Learner:
    """`now` gives business time; days of the metrics begin at midnight in `timezone`."""

    def __init__(
        self,
        *,
        calls: Calls,
        facts: Facts,
        ledger: Ledger,
        conversations: Conversations,
        graph: Graph,
        vectors: Vectors,
        cache: Cache,
        embedder: KeptVectors,
        model_change: ModelChange,
        now: Clock,
        timezone: str = "America/New_York",
    ) -> None:
        self._calls = calls
        self._facts = facts
        self._ledger = ledger
        self._conversations = conversations
        self._graph = graph
        self._vectors = vectors
        self._cache = cache
        self._embedder = embedder
        self._model_change = model_change
        self._now = now
        self._zone = ZoneInfo(timezone)
        self._alone_until: dict[Store, float] = {}
        self._steps: dict[Store, Callable[[_Lesson], Awaitable[None]]] = {
            "postgres": self._to_postgres,
            "mongo": self._to_mongo,
            "graph": self._to_graph,
            "vectors": self._to_vectors,
            "cache": self._to_cache,
        }

    async def learn(self, call_id: UUID, revision: int, stores: Collection[Store] = STORES) -> Learned:
        """Learns the call as it stands now, `revision` or later, into those of `stores` that lack it.

        One learner at a time, whatever its process: the call is read after an earlier revision was written everywhere.
        Raises StoreAway for Postgres alone, NotLearnable where there is nothing to learn.
        """
        async with self._ledger.alone(call_subject(call_id)):
            lesson = await self._read(call_id)
            learned = Learned(call_id, max(lesson.record.revision, revision))
            wanted = await self._lacking(learned, stores)
            await self._ledger.pending(learned.revisions, lesson.now, wanted)
            await self._steps_of(wanted, lesson, learned)
        return learned

    async def _steps_of(self, wanted: Collection[Store], lesson: _Lesson, learned: Learned) -> None:
        """Postgres first, the cache last, the others beside each other."""
        if "postgres" in wanted:
            await self._step("postgres", lesson, learned)
        others = [store for store in wanted if store not in ("postgres", "cache")]
        steps = (self._step(store, lesson, learned) for store in others)
        for problem in await asyncio.gather(*steps, return_exceptions=True):
            if problem is not None:
                raise problem
        if "cache" in wanted:
            await self._step("cache", lesson, learned)

    async def _read(self, call_id: UUID) -> _Lesson:
        row = await self._calls.get(call_id)
        if row is None or row.state_json is None:
            raise NotLearnable(f"call {call_id} is not there")
        state = CallState.model_validate_json(row.state_json)
        if not state.ended:
            raise NotLearnable(f"call {call_id} has not ended")
        segments = tuple(await self._calls.transcript(call_id))
        record = record_of(state, segments, max(state.learn_revision, 1))
        # Tens of milliseconds for a long call: in a server that learns, live calls would wait for it.
        analysis = await asyncio.to_thread(analyse, record)
        return _Lesson(row, record, analysis, self._facts.rewards.of(record), self._now())

    async def _lacking(self, learned: Learned, stores: Collection[Store]) -> list[Store]:
        """Those that do not hold this revision yet."""
        known = await self._ledger.get(call_subject(learned.call_id))
        return [
            store
            for store in STORES
            if store in stores
            and not (
                store in known
                and known[store].status == "synced"
                and known[store].revision >= learned.revision
            )
        ]

    async def _step(self, store: Store, lesson: _Lesson, learned: Learned) -> None:
        """One store's part, and its row of the ledger. Only Postgres's own absence goes further up."""
        began = time.perf_counter()
        status, error = await self._try(store, lesson)
        learned.seconds[store] = time.perf_counter() - began
        learned.statuses[store] = status
        if error is not None:
            learned.errors[store] = error
        await self._ledger.set(learned.revisions, store, status, self._now(), error)

    async def _try(self, store: Store, lesson: _Lesson) -> tuple[LedgerStatus, str | None]:
        if time.monotonic() < self._alone_until.get(store, 0.0):
            return "pending", f"{store} was away a moment ago"
        try:
            await self._steps[store](lesson)
        except StoreAway as away:
            if away.store == "postgres":
                raise
            self._alone_until[store] = time.monotonic() + LEFT_ALONE_S
            return "pending", str(away)
        except Exception as error:
            log.error("learning call %s into %s: %s", lesson.record.call_id, store, fault(error))
            return "failed", fault(error)
        return "synced", None

    async def _to_postgres(self, lesson: _Lesson) -> None:
        pairs = {(choice.moment, choice.segment) for choice in lesson.record.choices}
        if pairs and lesson.record.conversation:
            await self._facts.recompute(sorted(pairs), lesson.now)
        day = lesson.row.created_at.astimezone(self._zone).date()
        await self._facts.recompute_days([day], self._zone.key, lesson.now)

    async def _to_mongo(self, lesson: _Lesson) -> None:
        record, analysis = lesson.record, lesson.analysis
        document = conversation_document(record, analysis, lesson.reward)
        await self._conversations.file_call(document, record.revision, at=lesson.now)
        outcome = outcome_document(record, analysis, lesson.reward)
        await self._conversations.file_outcome(outcome, record.revision, at=lesson.now)

    async def _to_graph(self, lesson: _Lesson) -> None:
        version = await self._facts.posterior_version()
        record = lesson.record
        stats = await self._facts.stats() if record.choices else []
        of_lead = await self._facts.of_lead(UUID(record.lead.id), lesson.now) if record.lead.id else []
        facts = graph_facts(record, lesson.analysis, lesson.reward, stats, of_lead, version)
        await self._graph.learn(record, facts)

    async def _to_vectors(self, lesson: _Lesson) -> None:
        cards = segment_cards(lesson.record)
        scenarios = [scenario_card(lesson.record, lesson.analysis)] if lesson.record.conversation else []
        embedded = await self._embedder.encode([card.text for card in (*cards, *scenarios)])
        await self._model_change.begin()
        await asyncio.gather(
            self._put(Kind.SEGMENTS, lesson.record, cards, embedded[: len(cards)]),
            self._put(Kind.SCENARIOS, lesson.record, scenarios, embedded[len(cards) :]),
        )

    async def _put(self, kind: Kind, record: CallRecord, cards: list[Card], embedded: Embedded) -> None:
        """A later revision also takes away what only an earlier one said."""
        ids, texts, metadatas = [c.id for c in cards], [c.text for c in cards], [c.metadata for c in cards]
        if record.revision > 1:
            mine = {"call_id": record.call_id}
            await self._vectors.replace(kind, mine, ids, embedded, texts, metadatas)
        elif cards:
            await self._vectors.upsert(kind, ids, embedded, texts, metadatas)

    async def _to_cache(self, lesson: _Lesson) -> None:
        """What live calls hold of the statistics is old now. Raises StoreAway where Redis could not be told."""
        version = await self._facts.posterior_version()
        families = {family_of(choice.moment) for choice in lesson.record.choices}
        gone = await self._cache.invalidate(*(f"{CACHE_KEY}:{family}" for family in families))
        notice = {"call_id": lesson.record.call_id, "revision": lesson.record.revision, "version": version}
        if not (await self._cache.publish(TOPIC, notice) and gone):
            raise StoreAway("redis")
