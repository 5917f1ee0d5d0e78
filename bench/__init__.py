"""Evaluation and speed. Benches read `../shared` in place and say so where it is absent."""
