"""NATS in front; PostgreSQL, the embedder and the model's tokenizer behind."""
