"""Evaluation and speed. Everything here reads `../shared` in place and says so where it is absent."""
