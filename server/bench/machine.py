"""What a measurement ran on, for a figure means nothing without it."""

import os
import platform
from typing import Any

from learning.bench import machine_facts


def machine() -> dict[str, Any]:
    """Processor, cores, Python, kernel, and the last minute's load average: above the cores, others are at work."""
    return machine_facts() | {"kernel": platform.release(), "load_average": round(os.getloadavg()[0], 2)}


def described(facts: dict[str, Any]) -> str:
    """The same in one line."""
    return (
        f"{facts['processor']}, {facts['cores']} cores, Python {facts['python']}, kernel {facts['kernel']}, "
        f"load average {facts['load_average']} at the start"
    )
