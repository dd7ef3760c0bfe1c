"""What can happen to the harness itself while it runs: to which run, at which moment, and what must hold afterwards."""
