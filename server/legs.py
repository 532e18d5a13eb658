"""The control ids of live calls' legs, for whoever sends them a command: the latest that a webhook or an answer named.

Only a cache: a call that another process decides is looked up in Postgres.
"""

from collections import OrderedDict
from uuid import UUID

from call_flow.state import CallState, Leg
from storage.calls import Calls

CACHED_CALLS = 10_000


class LegBook:
    """Legs by call. `note` after each decision keeps what this process sends to right without a query."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: OrderedDict[UUID, dict[str, Leg]] = OrderedDict()

    def note(self, call_id: UUID, state: CallState) -> None:
        self._known[call_id] = state.legs
        self._known.move_to_end(call_id)
        if len(self._known) > CACHED_CALLS:
            self._known.popitem(last=False)

    async def control_id(self, call_id: UUID, leg: str) -> str | None:
        """None where no answer or webhook has named one yet."""
        known = self._known.get(call_id, {}).get(leg)
        if known is not None and known.call_control_id:
            return known.call_control_id
        fresh = await self.fresh(call_id, leg)
        return fresh.call_control_id if fresh else None

    async def fresh(self, call_id: UUID, leg: str) -> Leg | None:
        """The leg as Postgres has it now."""
        row = await self._calls.get(call_id)
        if row is None or row.state_json is None:
            return None
        state = CallState.model_validate_json(row.state_json)
        self.note(call_id, state)
        return state.legs.get(leg)
