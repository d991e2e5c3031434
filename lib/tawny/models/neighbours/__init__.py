"""Item neighbours."""
