"""`python -m storage.embedded.probe FOLDER STORE PORT`: ask a server until it answers; exit status 0 then.

A process of its own, so that the keeper never imports a driver and never waits.
"""

import asyncio
import sys
import time

from storage.embedded.folder import StackFolder
from storage.embedded.server import Server
from storage.embedded.store import Store

_PATIENCE_S = 60.0
_BETWEEN_S = 0.05
_ONE_ANSWER_S = 5.0


async def answered(server: Server, patience: float = _PATIENCE_S) -> bool:
    """Ask until a query is answered; False after `patience` seconds or without a driver."""
    deadline = time.monotonic() + patience
    while True:
        try:
            await asyncio.wait_for(server.ask(), _ONE_ANSWER_S)
        except ImportError as missing:
            print(f"{server.store} cannot be asked: {missing}", flush=True)
            return False
        # Each driver has its own errors for "not yet", from refused connections to unknown databases.
        except Exception as not_yet:
            if time.monotonic() > deadline:
                print(f"{server.store} does not answer: {type(not_yet).__name__}", flush=True)
                return False
            await asyncio.sleep(_BETWEEN_S)
        else:
            return True


def main(path: str, store: str, port: str) -> int:
    """The exit status."""
    server = StackFolder(path).server(Store(store), int(port))
    return 0 if asyncio.run(answered(server)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
