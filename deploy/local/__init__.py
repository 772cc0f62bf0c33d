"""The embedded default: what stands behind `make run`. One supervisor, real servers, no Docker."""
