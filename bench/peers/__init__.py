"""Pincite beside what people would pick instead: each peer in an environment of its own."""
