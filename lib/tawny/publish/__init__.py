"""From ranked lists to published ones: the audit, the long form, the pointer."""
