"""The embedded default: what stands behind `make run`. design: one supervisor, real servers, no Docker, no root."""
