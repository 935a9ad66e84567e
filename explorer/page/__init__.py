"""The page, its server, the command line and the benchmark."""
