"""Leads, and what the law asks about them before a dial: consents, refusals, the do-not-call list.

Phone numbers are E.164 and identify a lead. Nothing here may be logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from call_flow.lead import Lead
from storage.postgres import Pool, Record, made
from storage.queries import load

SQL = load("sql/leads.sql")
ConsentKind = Literal["call", "sms", "recording", "opt_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead as it is imported or entered; None for what is not known. `phone` in E.164, times in UTC."""

    phone: str
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    source: str | None = None
    campaign: str | None = None
    form: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    arrived_at: datetime | None = None
    initial_interest: str | None = None
    qualification_score: float | None = None
    timezone: str | None = None
    country: str | None = None
    state: str | None = None
    city: str | None = None
    current_income_range: str | None = None
    desired_income_range: str | None = None
    time_availability: str | None = None
    experience_level: str | None = None
    last_contacted: datetime | None = None
    next_followup: datetime | None = None
    closer_notes: str | None = None
    closer_rating: int | None = None
    relationship_strength: float | None = None


COLUMNS = tuple(field.name for field in fields(LeadRow))


@dataclass(frozen=True, slots=True)
class StoredLead:
    """`status`: "new", or how the last call ended. `consent`: the latest word on calls, None where there is none.
    `captures`: what calls have captured beyond the columns.
    """

    id: UUID
    row: LeadRow
    status: str
    consent: bool | None
    captures: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, record: Record) -> "StoredLead":
        row = LeadRow(**{name: record[name] for name in COLUMNS})
        own = [record[name] for name in cls.__slots__ if name not in ("id", "row")]
        return cls(record["id"], row, *own)


@dataclass(frozen=True, slots=True)
class Upserted:
    id: UUID
    change: Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was agreed to or taken back, when, how, and the evidence. `kind` "call": may be called by an
    artificial voice.
    """

    phone: str
    kind: ConsentKind
    granted: bool
    at: datetime
    how: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dial that was not made."""

    id: int
    lead_id: UUID | None
    phone: str
    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DialFacts:
    """What a decision to dial rests on. `consent`: the latest word on calls, None where there is none on
    record.
    """

    do_not_call: bool
    consent: bool | None
    attempts: int
    last_attempt: datetime | None
    live_call: UUID | None


class Leads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def upsert(self, row: LeadRow, now: datetime) -> Upserted:
        """Adds the lead of this number, or changes the columns for which another value is given than the last time.
        None leaves a column as it is, and what was said before does not undo what calls have learned since.
        """
        return (await self.upsert_many([row], now))[0]

    async def upsert_many(self, rows: Sequence[LeadRow], now: datetime) -> list[Upserted]:
        """`upsert` for many in one statement, in their order. Of two with the same number the later one is
        taken.
        """
        last = {row.phone: row for row in rows}
        body = [{name: getattr(row, name) for name in COLUMNS} for row in last.values()]
        stored = await self._pool.fetch(SQL["upsert"], body, now)
        by_phone = {row["phone"]: Upserted(row["id"], row["change"]) for row in stored}
        return [by_phone[row.phone] for row in rows]

    async def get(self, lead_id: UUID) -> StoredLead | None:
        row = await self._pool.fetchrow(SQL["get"], lead_id)
        return None if row is None else StoredLead.read(row)

    async def by_phone(self, phone: str) -> StoredLead | None:
        row = await self._pool.fetchrow(SQL["by_phone"], phone)
        return None if row is None else StoredLead.read(row)

    async def by_external_id(self, external_id: str) -> list[StoredLead]:
        """All of them, ten at most: sources do not agree on who has which id."""
        return [StoredLead.read(row) for row in await self._pool.fetch(SQL["by_external_id"], external_id)]

    async def page(
        self, limit: int = 100, after: UUID | None = None, status: str | None = None
    ) -> list[StoredLead]:
        """In the order of their ids, those after `after`: pages that stay right while leads are added."""
        return [StoredLead.read(row) for row in await self._pool.fetch(SQL["page"], limit, after, status)]

    async def record_consents(self, consents: Sequence[Consent], now: datetime) -> int:
        """Keeps those that are new; how many. The lead's `consent` column follows the latest word on calls."""
        body = [{name: getattr(consent, name) for name in Consent.__slots__} for consent in consents]
        return int(await self._pool.fetchval(SQL["record_consents"], body, now))

    async def consents(self, phone: str) -> list[Consent]:
        """Oldest first."""
        rows = await self._pool.fetch(SQL["consents"], phone)
        return [made(Consent, row) for row in rows]

    async def refuse(
        self, lead_id: UUID | None, phone: str, reason: str, detail: str, now: datetime
    ) -> Refusal:
        """Records a dial that is not made, and why."""
        id = await self._pool.fetchval(SQL["refuse"], lead_id, phone, reason, detail, now)
        return Refusal(id, lead_id, phone, reason, detail, now)

    async def refusals(self, lead_id: UUID | None = None, limit: int = 100) -> list[Refusal]:
        """Newest first, of one lead or of all."""
        rows = await self._pool.fetch(SQL["refusals"], lead_id, limit)
        return [made(Refusal, row) for row in rows]

    async def do_not_call(self, phone: str, evidence: str, now: datetime) -> bool:
        """Puts a number on the list. False: it was there already."""
        return bool(await self._pool.fetchval(SQL["do_not_call"], phone, evidence, now))

    async def on_do_not_call(self, phone: str) -> bool:
        return bool(await self._pool.fetchval(SQL["on_do_not_call"], phone))

    async def dial_facts(self, phone: str, since: datetime) -> DialFacts:
        """Facts for one number; `attempts` are outbound calls begun at or after `since`, such as the lead's
        midnight.
        """
        row = await self._pool.fetchrow(SQL["dial_facts"], phone, since)
        assert row is not None
        return made(DialFacts, row)


def snapshot(stored: StoredLead) -> Lead:
    """A stored lead as a call takes it along; what is not known is left at its default."""
    values = {name: getattr(stored.row, name) for name in Lead.model_fields if name in COLUMNS}
    known = {name: value for name, value in values.items() if value is not None}
    return Lead(id=str(stored.id), **known)
