"""The network between processes, where a scenario cuts it: one proxy process, a link for each hop."""
