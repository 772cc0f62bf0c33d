"""The ports that NATS answers."""
