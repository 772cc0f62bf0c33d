"""Knowledge: documents in, passages that bear on a question out. Each user sees their own, and nothing else."""
