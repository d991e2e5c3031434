"""Shared by everything: arrays, column names, settings, errors, and how a job and a table are declared."""
