"""HTTP, NATS, and files."""
