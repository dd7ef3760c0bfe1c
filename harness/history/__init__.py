"""History: the records of a repetition, read, merged and paired, with nothing judged yet."""
