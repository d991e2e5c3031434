"""Runs jobs: a single run, the plan of a night, a night on one machine, and workers under horovodrun."""
