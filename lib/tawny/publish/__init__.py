"""Spark stages from ranked lists to what is published: the audit, the long form, the pointer."""
