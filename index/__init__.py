"""What is stored, and how it is searched. Knows nothing of source files or of HTTP."""
