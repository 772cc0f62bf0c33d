"""The edge: the only service with an HTTP API. Identity, history, documents and chat, over the bus."""
