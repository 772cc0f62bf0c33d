"""OpenAI's wire format: requests, completions, chunks and errors."""
