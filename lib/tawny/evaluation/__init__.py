"""How good lists are: metrics, sums that add up over partitions, rows with intervals, validation, and the gate."""
