"""The schema `retriever`. `python -m services.retriever.migrations` brings it up to date."""
