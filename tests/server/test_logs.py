"""What a log line may say of an error: where it was raised, never what was in it."""

import logging
import sys

import asyncpg
import pytest

from server.logs import Discreet
from storage.postgres import Pool


def formatted() -> str:
    """The error being handled, as a line of the log."""
    record = logging.LogRecord("server", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())
    return Discreet("%(message)s").format(record)


async def test_a_row_that_postgres_refused_is_not_quoted(pool: Pool) -> None:
    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await pool.execute("INSERT INTO leads (phone, first_name) VALUES ('+12125550199', 'Marguerite')")
    assert "Marguerite" in f"{refused.value!s} {refused.value.detail}"
    try:
        raise ValueError("Marguerite's income") from refused.value
    except ValueError:
        line = formatted()

    assert "Marguerite" not in line
    assert "+12125550199" not in line
    assert "NotNullViolationError" in line
    assert "ValueError" in line
    assert "test_a_row_that_postgres_refused_is_not_quoted" in line
