"""Implicit ALS."""
