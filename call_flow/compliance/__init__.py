"""Whether a number may be dialled now: consent, do-not-call list, calling hours where the lead is, attempts a day.

Decides on facts that are handed in and on rules whose text is handed in; it must never allow a dial because it does
not know something. Where address and area code differ, a dial has to be allowed in every zone and under every state of
both. A number outside the United States and Canada is refused: its law is not known here.
Exceptions that a law makes for consent are not used: an artificial voice is held to the strictest reading.
"""

from call_flow.compliance.dialling import (
    ATTEMPTS_WITHIN,
    OWN_CAP,
    Reason,
    Refusal,
    allowed_until,
    next_allowed,
    refusal,
)
from call_flow.compliance.hours import GUARD
from call_flow.compliance.parsing import FILES, RulesError
from call_flow.compliance.rules import Rules

__all__ = [
    "ATTEMPTS_WITHIN",
    "FILES",
    "GUARD",
    "OWN_CAP",
    "Reason",
    "Refusal",
    "Rules",
    "RulesError",
    "allowed_until",
    "next_allowed",
    "refusal",
]
