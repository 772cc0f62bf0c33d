"""The ports that PostgreSQL answers, in the schema `edge`."""
