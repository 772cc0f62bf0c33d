"""The schema `audit`. `python -m services.audit.migrations` brings it up to date."""
