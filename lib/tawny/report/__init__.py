"""The page that is opened every morning: what a night did, what is worse than before, and why; a file without a network."""
