"""Free loopback ports that stay free while their server is away.

Never one of the ephemeral range: an outgoing connection could take it meanwhile, and a client that keeps
trying a closed port of that range sooner or later connects to itself.
"""

import random
import socket
from pathlib import Path

_LOWEST = 15_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _highest() -> int:
    try:
        first_ephemeral = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        first_ephemeral = 32_768
    return first_ephemeral - 1 if first_ephemeral > _LOWEST + 1_000 else 32_767


def free_port(taken: set[int]) -> int:
    """A free port of 127.0.0.1 that is not in `taken`."""
    chance = random.SystemRandom()
    while True:
        port = chance.randint(_LOWEST, _highest())
        if port not in taken and is_free(port):
            return port
