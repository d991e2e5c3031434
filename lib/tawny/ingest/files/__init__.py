"""The only code that opens raw files: find them, check each before anything is written, read them as uniform raw rows."""
