"""Spark stages that fit a model: what must see all users is summed over them; what is kept is of the catalogue's size."""
