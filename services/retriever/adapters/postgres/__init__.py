"""Documents and passages in PostgreSQL, schema `retriever`, with pgvector."""

from services.retriever.adapters.postgres.catalog import PostgresCatalog
from services.retriever.adapters.postgres.intake import PostgresIntake
from shared.database import Database

__all__ = ["Database", "PostgresCatalog", "PostgresIntake"]
