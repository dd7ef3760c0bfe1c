"""Execution: a Plan to a run's folder; here are the clocks, the sockets and the signals."""
