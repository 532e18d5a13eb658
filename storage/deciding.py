"""The deciding statement, joined from the parts of sql/decide.sql that one decision needs, with its parameters.

It is one statement whatever it holds: no part may ever be sent by itself.
"""

import re
from functools import cache
from typing import Any

from storage.decision import Decision, Sorted, lead_news
from storage.queries import load

PARTS = load("sql/decide.sql")
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


@cache
def statement(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """SQL with numbered parameters, and their names in that order."""
    answer = PARTS["answer_with_outbox" if "outbox" in parts else "answer"]
    text = "WITH " + ", ".join(PARTS[name] for name in ("moved", *parts)) + "\n" + answer
    numbers: dict[str, int] = {}
    query = _PARAMETER.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", text)
    return query, tuple(numbers)


def deciding(decision: Decision, effects: Sorted) -> tuple[str, list[Any]]:
    """The statement that writes this decision, and its arguments."""
    query, names = statement(parts_of(decision, effects))
    values = _values(decision, effects)
    return query, [values[name] for name in names]


def parts_of(decision: Decision, effects: Sorted) -> tuple[str, ...]:
    """The parts beyond the call itself that the decision has something for, in the statement's order."""
    wanted = {
        "outbox": effects.outbox or effects.void_keys or effects.void_speech,
        "timers": effects.timers or effects.cancel or effects.cancel_all,
        "legs": decision.legs,
        "choices": effects.choices,
        "lead": effects.lead or effects.do_not_call,
        "refusals": effects.refusals,
        "transfers": effects.transfers,
        "holds": effects.holds,
        "releases": effects.releases,
        "learn": effects.learn is not None,
    }
    return tuple(name for name, some in wanted.items() if some)


def _values(decision: Decision, effects: Sorted) -> dict[str, Any]:
    return {
        "call_id": decision.call_id,
        "version": decision.version,
        "inbox_seq": decision.inbox_seq,
        "now": decision.now,
        "state": decision.state_json,
        "summary": decision.summary.model_dump(mode="json"),
        "given": decision.given.model_dump(mode="json", exclude_defaults=True),
        "owner": decision.owner,
        "lease_s": decision.lease_s,
        "outbox": list(effects.outbox.values()),
        "void_keys": effects.void_keys,
        "void_speech": effects.void_speech,
        "timers": effects.timers,
        "cancel": list(effects.cancel - effects.timers.keys()),
        "cancel_all": effects.cancel_all,
        "legs": [leg.model_dump(mode="json") for leg in decision.legs],
        "choices": effects.choices,
        "lead": lead_news(effects.lead),
        "do_not_call": effects.do_not_call,
        "refusals": effects.refusals,
        "transfers": list(effects.transfers.values()),
        "holds": effects.holds,
        "releases": effects.releases,
        "learn": effects.learn,
    }
