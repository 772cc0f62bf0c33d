"""What `make check` and `make test` run beyond the tools themselves."""
