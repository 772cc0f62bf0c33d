"""The schema `edge`, from nothing to now: `python -m services.edge.migrations`."""
