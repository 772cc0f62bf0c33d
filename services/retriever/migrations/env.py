"""Alembic runs this file."""

from shared.migrations import run_revisions

run_revisions()
