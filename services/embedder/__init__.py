"""Sentence vectors: texts in, unit vectors out, questions before bulk."""
