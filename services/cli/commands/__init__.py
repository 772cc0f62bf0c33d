"""One module a command: options in, text out. What they do stands in the clients and in `usecases`."""
