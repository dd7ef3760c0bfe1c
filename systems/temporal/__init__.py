"""The desk on durable execution."""
