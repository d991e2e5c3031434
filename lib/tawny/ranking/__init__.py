"""From shortlists to ranked lists: the order of the items, and the reasons of each."""
