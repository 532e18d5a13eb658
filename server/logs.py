"""How log lines look, whichever library writes them.

A traceback must never hold an error's message: a database quotes the row that it refused, a validator the words that it
was given.
"""

import logging
from collections.abc import Iterator
from traceback import walk_tb
from types import TracebackType

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
CHATTY = ("httpx", "httpcore", "telnyx", "neo4j", "chromadb", "pymongo", "pgqueuer", "alembic")


class Discreet(logging.Formatter):
    """Tracebacks as types and places: `asyncpg.exceptions.NotNullViolationError` and `file:line function`s."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return "\n".join(_lines(ei[1])) if ei[1] else ""


def _lines(error: BaseException) -> Iterator[str]:
    """The error and its places, outermost first, after those of what caused it."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _lines(earlier)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for frame, line in walk_tb(error.__traceback__):
        yield f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"


def log_to_stderr(level: str = "INFO") -> None:
    """Libraries that log each request, or what is in it, are held to warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
