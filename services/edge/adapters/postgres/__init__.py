"""The ports that PostgreSQL answers, in the schema `edge`."""

from services.edge.adapters.postgres.accounts import PostgresAccounts
from services.edge.adapters.postgres.history import PostgresHistory
from services.edge.adapters.postgres.outbox import AuditOutbox
from services.edge.adapters.postgres.refresh_tokens import PostgresRefreshTokens
from shared.database import Database

__all__ = ["AuditOutbox", "Database", "PostgresAccounts", "PostgresHistory", "PostgresRefreshTokens"]
