"""The wire and the HTTP API as documents, generated: `make proto` writes them, `make check` compares."""
