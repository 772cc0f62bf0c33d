"""NATS on one side, PostgreSQL on the other."""
