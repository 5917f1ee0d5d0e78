"""What `pincite eval` measures: datasets, metrics, reports."""
