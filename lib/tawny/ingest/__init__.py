"""Cleaning: raw landing rows in, accepted and refused rows out. DataFrame to DataFrame, without input or output."""
