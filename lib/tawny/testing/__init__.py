"""Synthetic data and checks for tests; part of the package, so that tests of your own models and jobs can use them."""
