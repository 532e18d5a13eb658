"""The spine: leads and calls, inbox and outbox, closers and claims, what learning keeps, and pgqueuer's own tables."""

from pathlib import Path
from typing import Any

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = "0001"
down_revision = None

SCHEMA = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    _execute(SCHEMA.read_text(encoding="utf-8"))
    _execute(QueryBuilderEnvironment().build_install_query(create_schema=False))


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first schema: restore a backup")


def _execute(script: str) -> None:
    """Many statements at once, which only the driver itself takes, in the transaction that Alembic began."""
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda connection: connection.execute(script))
