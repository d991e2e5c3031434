"""How well lists did: sums that can be added over partitions, rows with intervals, and the gate."""
