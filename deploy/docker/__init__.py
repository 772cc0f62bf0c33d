"""Images of the Python services: one Dockerfile, and what it runs while it builds."""
