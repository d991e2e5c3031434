"""What everything else stands on: names, errors, settings, jobs and runs. Standard library and pydantic only."""
