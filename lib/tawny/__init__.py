"""Tawny: batch recommendations that are ranked, explained and audited every night."""

__version__ = "0.1.0"
