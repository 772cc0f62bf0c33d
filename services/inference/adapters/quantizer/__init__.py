"""llmcompressor, and the models before and after it, in `.venv-quantize`; `folders` and `texts` run anywhere."""
