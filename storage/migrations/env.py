"""What Alembic runs around each upgrade: our connection, and a lock that lets one process through at a time."""

from alembic import context
from sqlalchemy import text

LOCK = 7_226_311_905  # any number that nothing else locks

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.run_migrations()
