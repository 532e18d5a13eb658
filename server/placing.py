"""Places a call to a lead, or refuses with a named reason that is kept: the one door to every dial.

A refused dial must leave its record before the answer, and an accepted one its call.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from call_flow import compliance
from call_flow.compliance import ATTEMPTS_WITHIN, Rules, allowed_until
from call_flow.events import CallRequested
from call_flow.lead import Lead
from call_flow.settings import CallSettings
from call_flow.state import MACHINE_VERSION, STATE_FORM
from server.clock import Clock
from server.phones import zone_of
from server.playbooks import Shelf
from storage.calls import AlreadyInCall, Calls
from storage.inbox import ReceivedEvent
from storage.leads import DialFacts, Leads, StoredLead, snapshot

_IDEMPOTENCY = UUID("6f0c9c5e-7d7e-5c62-9a43-0c9f5f0c2f10")


class Refused(Exception):
    """The call is not placed. `reason` is a stable name, `detail` says it to a person and never names the number."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Placed:
    """`new` is False where the same idempotency key placed it before."""

    call_id: UUID
    new: bool


def refusal(rules: Rules, facts: DialFacts, lead: StoredLead, now: datetime) -> Refused | None:
    """Why this lead must not be dialled at `now`, or None. The first reason that applies, the law's first."""
    found = compliance.refusal(
        rules,
        now=now,
        phone=lead.row.phone,
        state=lead.row.state,
        timezone=lead.row.timezone,
        attempts_last_24h=facts.attempts,
        on_do_not_call=facts.do_not_call,
        consent=facts.consent,
        in_call=str(facts.live_call) if facts.live_call else None,
    )
    return Refused(found.reason.value, found.detail) if found else None


@dataclass(frozen=True)
class Placing:
    """`missing` names the settings without which nothing can be dialled; `control_share` of the calls are control."""

    calls: Calls
    leads: Leads
    shelf: Shelf
    rules: Rules
    clock: Clock
    settings: Callable[[], CallSettings]
    missing: tuple[str, ...]
    control_share: float
    seed: int | None
    decide: Callable[[UUID], None]

    async def place(self, lead: StoredLead, idempotency_key: str | None = None) -> Placed:
        """Raises Refused, which is stored by then."""
        call_id = uuid5(_IDEMPOTENCY, idempotency_key) if idempotency_key else uuid4()
        if idempotency_key and await self._there(call_id):
            return Placed(call_id, new=False)
        now = self.clock.now()
        refused = await self._refusal(lead, now)
        try:
            new = refused is None and await self._create(lead, call_id, now)
        except AlreadyInCall as other:
            refused = Refused("already_in_call", str(other))
        if refused is not None and not (idempotency_key and await self._there(call_id)):
            await self.leads.refuse(lead.id, lead.row.phone, refused.reason, refused.detail, now)
            raise refused
        self.decide(call_id)
        return Placed(call_id, refused is None and new)

    async def _there(self, call_id: UUID) -> bool:
        """Whether the same key has placed its call, perhaps while this one was being decided."""
        return await self.calls.get(call_id) is not None

    async def _refusal(self, lead: StoredLead, now: datetime) -> Refused | None:
        if self.missing:
            return Refused("not_configured", f"not set: {', '.join(self.missing)}")
        facts = await self.leads.dial_facts(lead.row.phone, now - ATTEMPTS_WITHIN)
        return refusal(self.rules, facts, lead, now)

    async def _create(self, lead: StoredLead, call_id: UUID, now: datetime) -> bool:
        version = self.shelf.current.version
        requested = CallRequested(
            lead=_with_zone(snapshot(lead), lead),
            settings=self.settings(),
            playbook_version=version,
            control=self._draw(lead.row.phone) < self.control_share,
            dial_before=self._dial_before(lead, now),
        )
        event = ReceivedEvent.ours(f"request:{call_id}", requested, now, call_id)
        return await self.calls.create(
            call_id,
            lead.id,
            lead.row.phone,
            version,
            event,
            now,
            machine_version=MACHINE_VERSION,
            state_form=STATE_FORM,
            alone=True,
        )

    def _dial_before(self, lead: StoredLead, now: datetime) -> datetime | None:
        row = lead.row
        return allowed_until(self.rules, now=now, phone=row.phone, state=row.state, timezone=row.timezone)

    def _draw(self, phone: str) -> float:
        """Uniform in [0, 1): with a seed the same for a number in every run."""
        return secrets.randbits(53) / 2**53 if self.seed is None else seeded_draw(self.seed, phone, "control")


def seeded_draw(seed: int, subject: str, key: str) -> float:
    """Uniform in [0, 1), a function of its arguments."""
    digest = hashlib.sha256(f"{seed}|{subject}|{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _with_zone(lead: Lead, stored: StoredLead) -> Lead:
    """A lead whose zone is not known lives where its number does."""
    return lead if stored.row.timezone else lead.model_copy(update={"timezone": zone_of(lead.phone)})
