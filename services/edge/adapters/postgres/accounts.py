"""Accounts in PostgreSQL."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from services.edge.adapters.postgres.tables import refresh_tokens, users
from services.edge.domain.identity import Account
from shared.database import Database, moment
from shared.errors import Conflict

COLUMNS = (users.c.id, users.c.name, users.c.role, users.c.password_hash, users.c.disabled)


class PostgresAccounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account) -> None:
        row = {**msgspec.structs.asdict(account), "created_at": moment(time.time())}
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(users).values(row))
        except Conflict as error:
            raise Conflict(f"There is a user {account.name} already.", param="name") from error

    async def by_name(self, name: str) -> Account | None:
        """A name that PostgreSQL cannot hold is nobody's."""
        if "\0" in name:
            return None
        async with self._database.transaction() as connection:
            found = await connection.execute(select(*COLUMNS).where(users.c.name == name))
            row = found.mappings().one_or_none()
        return None if row is None else _account(row)

    async def by_id(self, user: str) -> Account | None:
        async with self._database.transaction() as connection:
            found = await connection.execute(select(*COLUMNS).where(users.c.id == user))
            row = found.mappings().one_or_none()
        return None if row is None else _account(row)

    async def all(self) -> list[Account]:
        async with self._database.transaction() as connection:
            found = await connection.execute(select(*COLUMNS).order_by(users.c.name))
            return [_account(row) for row in found.mappings()]

    async def disable(self, user: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(users).where(users.c.id == user).values(disabled=True))
            await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.user_id == user))

    async def enable(self, user: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(update(users).where(users.c.id == user).values(disabled=False))


def _account(row: Mapping[Any, Any]) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        password_hash=row["password_hash"],
        disabled=row["disabled"],
    )
