"""Operators who may sign in. Passwords come here hashed and never otherwise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from storage.postgres import Pool, Record
from storage.queries import load

SQL = load("sql/users.sql")
Role = Literal["admin", "operator", "closer"]


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    password_hash: str
    role: Role
    active: bool
    created_at: datetime

    @classmethod
    def read(cls, record: Record) -> "User":
        return cls(**{name: record[name] for name in cls.__slots__})


class Users:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(
        self, email: str, password_hash: str, role: Role, now: datetime, active: bool = True
    ) -> User:
        """Adds the user of this address, whatever its case, or gives the one that is there a new password,
        role and state.
        """
        row = await self._pool.fetchrow(SQL["save"], email, password_hash, role, active, now)
        assert row is not None
        return User.read(row)

    async def by_email(self, email: str) -> User | None:
        row = await self._pool.fetchrow(SQL["by_email"], email)
        return None if row is None else User.read(row)

    async def all(self) -> list[User]:
        return [User.read(row) for row in await self._pool.fetch(SQL["all"])]
