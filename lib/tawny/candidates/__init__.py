"""The best items of each source, and the lists of all sources merged into shortlists, on Spark."""
