"""Bytes in, documents out: one file a format, chosen by suffix in `READERS`."""
