"""Spark stages from shortlists to the lists as they would be published."""
