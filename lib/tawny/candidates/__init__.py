"""Spark stages from histories to the lists of one source, and from the lists of all sources to shortlists."""
