"""The schema of Postgres, step by step. Run at start-up by every process: concurrent ones wait for the first."""

from pathlib import Path
from typing import Any

from storage.away import StoreAway
from storage.postgres import STORE, is_away

FOLDER = Path(__file__).parent
LOCK = 7_226_311_905  # any number that nothing else locks


async def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database of `url` up to `revision`, in one transaction. Raises `StoreAway`.

    The lock comes before Alembic, which is global to the process and must not run twice at once in it either.
    Alembic and SQLAlchemy are imported here: nothing else needs them, and they take half a second.
    """
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(_dialect(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.run_sync(_upgrade, revision)
    except Exception as error:
        if is_away(error):
            raise StoreAway(STORE, type(error).__name__) from error
        raise
    finally:
        await engine.dispose()


def _upgrade(connection: Any, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _dialect(url: str) -> str:
    """The URL in SQLAlchemy's words."""
    scheme, rest = url.split("://", 1)
    if scheme not in ("postgresql", "postgres"):
        raise ValueError(f"not a Postgres URL: its scheme is {scheme!r}")
    return f"postgresql+asyncpg://{rest}"
