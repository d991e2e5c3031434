"""Spark stages that judge lists: every task sums up its users, the sums are added, nothing else leaves the tasks."""
