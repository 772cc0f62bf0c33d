"""The outside world: HTTP, NATS, PostgreSQL, cryptography."""
