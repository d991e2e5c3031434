"""One file is one job: one task of the night, one table."""
