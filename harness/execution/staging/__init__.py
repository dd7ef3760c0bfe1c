"""What faults act with in a running repetition, a file a protocol of `harness.faults.stage`."""
