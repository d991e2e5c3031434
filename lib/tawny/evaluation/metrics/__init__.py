"""One file per metric, found by walking this folder: to add a metric, add its file and its test."""
