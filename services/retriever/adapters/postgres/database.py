"""The connections to PostgreSQL."""

from shared.database import Database

__all__ = ["Database"]
