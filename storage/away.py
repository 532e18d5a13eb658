"""The ways in which a store says that it cannot be used, whichever driver found it out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StoreAway(Exception):
    """The server of `store` cannot be reached now; what was asked may be asked again later.

    Raised for refused and lost connections, shutting down, timeouts, deadlocks and a lack of memory: never for a fault
    in what was asked. Whether a write that was under way took effect is unknown.
    """

    def __init__(self, store: str, reason: str = "") -> None:
        super().__init__(f"{store} cannot be reached" + (f": {reason}" if reason else ""))
        self.store = store


class SchemaDiffers(Exception):
    """The schema of `store` is not the code's; the message says what helps."""

    def __init__(self, store: str, there: str | None, ours: str) -> None:
        named = f"is at {there}" if there else "is not there yet"
        super().__init__(f"the schema of {store} {named}, the code's is {ours}: run `voicelearn migrate`")


def _kind(error: BaseException) -> str:
    return type(error).__name__


@contextmanager
def reachable(
    store: str,
    is_away: Callable[[BaseException], bool],
    why: Callable[[BaseException], str] = _kind,
) -> Iterator[None]:
    """Turns a driver's errors into StoreAway, where they say that the server cannot be reached."""
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise StoreAway(store, why(error)) from error
        raise
