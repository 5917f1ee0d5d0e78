"""The write path: articles in, passages out. Begin with `ingest.pipeline`."""
