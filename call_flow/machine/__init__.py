"""The state machine of a call: `Machine(playbook).reduce(state, event) -> (state, effects)`, deterministic and
without a world of its own.
"""

from call_flow.machine.machine import Machine

__all__ = ["Machine"]
