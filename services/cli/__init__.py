"""`sluice` on the command line, and `services.cli.client` for engineers who publish jobs from their own code."""
