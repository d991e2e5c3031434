"""Looks at landing files without a JVM, before a night does: what they hold, and how to declare them."""
