"""The schema of Postgres, step by step. Run at start-up by every process: concurrent ones wait for the first.

Whoever only looks asks for the `revision` or calls `check`, which change nothing.
"""

from pathlib import Path
from typing import Any

from storage.away import SchemaDiffers, StoreAway
from storage.postgres import STORE, Pool, is_away, why_away

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
        told = getattr(error, "driver_exception", None) or error
        if is_away(told):
            raise StoreAway(STORE, why_away(told)) from error
        raise
    finally:
        await engine.dispose()


async def revision(pool: Pool) -> str | None:
    """Where the database's schema is; None where there is none yet."""
    if await pool.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = await pool.fetchval("SELECT version_num FROM alembic_version")
    return found


async def check(pool: Pool) -> str:
    """The revision of database and code alike. Raises SchemaDiffers."""
    from alembic.script import ScriptDirectory

    there, ours = await revision(pool), str(ScriptDirectory.from_config(_config()).get_current_head())
    if there != ours:
        raise SchemaDiffers(STORE, there, ours)
    return ours


def _upgrade(connection: Any, revision: str) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _dialect(url: str) -> str:
    """The URL in SQLAlchemy's words."""
    scheme, rest = url.split("://", 1)
    if scheme not in ("postgresql", "postgres"):
        raise ValueError(f"not a Postgres URL: its scheme is {scheme!r}")
    return f"postgresql+asyncpg://{rest}"
