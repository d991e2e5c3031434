"""One file per metric, found by `registry.metrics`: a new one costs its own file and its test."""
