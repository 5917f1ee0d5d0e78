"""The read path: questions in, cited answers out; JSON routes, pages and the command line."""
