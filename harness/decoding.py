"""What decoding raises for what this program did not write; apart from the errors, which every command imports."""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Another shape, no JSON, no UTF-8, or nested without end."""
