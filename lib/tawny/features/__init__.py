"""Features, histories and answers from events, as of each fold's cutoff: DataFrame to DataFrame, no I/O."""
