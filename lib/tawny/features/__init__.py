"""Events turned into what models and lists are made of, as of each fold's cutoff: DataFrame to DataFrame, no I/O."""
