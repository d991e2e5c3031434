"""The only code that opens a table."""
