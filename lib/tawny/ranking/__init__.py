"""From shortlists to ranked lists: the blend of the sources, and the reasons of each item."""
