"""Refresh tokens in PostgreSQL. Ending a family deletes it: what is not there signs nobody in."""

from sqlalchemy import delete, insert, select, update

from services.edge.adapters.postgres.tables import refresh_tokens, users
from services.edge.domain.identity import RefreshToken
from shared.database import Database, moment


class PostgresRefreshTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: RefreshToken, *, now: float) -> None:
        """Also clears away the user's expired ones, which nobody else would."""
        expired = (refresh_tokens.c.user_id == token.user) & (refresh_tokens.c.expires_at < moment(now))
        async with self._database.transaction() as connection:
            await connection.execute(delete(refresh_tokens).where(expired))
            await connection.execute(insert(refresh_tokens).values(_row(token)))

    async def rotate(
        self, used: bytes, successor: bytes, *, now: float, lifetime_s: float, grace_s: float
    ) -> RefreshToken | None:
        """The family's owner is locked first: two uses at once, and one beside `disable`, happen in some order."""
        tokens = refresh_tokens.c
        owner = select(tokens.user_id).where(tokens.hash == used).scalar_subquery()
        async with self._database.transaction() as connection:
            await connection.execute(select(users.c.id).where(users.c.id == owner).with_for_update())
            found = await connection.execute(select(refresh_tokens).where(tokens.hash == used))
            row = found.one_or_none()
            if row is None or row.expires_at < moment(now):
                return None
            if row.spent_at is None:
                spent = update(refresh_tokens).where(tokens.hash == used).values(spent_at=moment(now))
                await connection.execute(spent)
            elif row.spent_at <= moment(now - grace_s):
                await connection.execute(delete(refresh_tokens).where(tokens.family == row.family))
                return None
            token = RefreshToken(
                hash=successor, family=row.family, user=row.user_id, expires_at=now + lifetime_s
            )
            await connection.execute(insert(refresh_tokens).values(_row(token)))
            return token

    async def end_family(self, token_hash: bytes, *, user: str) -> None:
        tokens = refresh_tokens.c
        family = (
            select(tokens.family)
            .where((tokens.hash == token_hash) & (tokens.user_id == user))
            .scalar_subquery()
        )
        async with self._database.transaction() as connection:
            await connection.execute(delete(refresh_tokens).where(tokens.family == family))


def _row(token: RefreshToken) -> dict[str, object]:
    return {
        "hash": token.hash,
        "family": token.family,
        "user_id": token.user,
        "expires_at": moment(token.expires_at),
        "spent_at": None,
    }
