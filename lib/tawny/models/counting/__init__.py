"""What the counting models share; not a model itself."""
