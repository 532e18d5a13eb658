"""The one way in which a store says that it cannot be reached, whichever driver found it out."""


class StoreAway(Exception):
    """The server of `store` cannot be reached now; what was asked may be asked again later.

    Raised for refused and lost connections, shutting down, timeouts, deadlocks and a lack of memory: never for a fault
    in what was asked. Whether a write that was under way took effect is unknown.
    """

    def __init__(self, store: str, reason: str = "") -> None:
        super().__init__(f"{store} cannot be reached" + (f": {reason}" if reason else ""))
        self.store = store
