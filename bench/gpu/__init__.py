"""Sluice beside vLLM's own OpenAI server, on one GPU, before the same clients."""
