"""What changes the index while the service runs: files in and out, jobs, the operator's pages."""
