"""The engines, NATS, logs and traces."""
