"""Landing files looked at without a JVM: what they hold, what of it the ingest would refuse, and why."""
