"""Keeping documents, ingesting them, and finding passages in them."""
