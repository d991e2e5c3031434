"""Landing files looked at without a JVM: what they hold, how to declare them, what the ingest would refuse, and why."""
