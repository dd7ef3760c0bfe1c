"""The desk as a synchronous HTTP service."""
