"""Cleans raw landing rows: accepts each row, or refuses it with a reason. files/ reads them."""
