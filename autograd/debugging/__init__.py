"""Looking for what is wrong: operations watched as they run, rules audited, NaNs traced."""
