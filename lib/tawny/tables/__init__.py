"""The tables, one file each: columns, key, partition, write mode, checks, owner and retention stand together."""
