"""`python -m benchmarks [NAME…]`: run all benchmarks, or the named ones, one after the other."""

import sys
from importlib import import_module

NAMES = (
    "reference_run",
    "startup",
    "check_speed",
    "report_speed",
    "throughput",
    "recovery",
    "spurious",
    "punctuality",
    "coverage",
    "live",
)


def main() -> None:
    """Run them in turn; each prints its own lines."""
    for name in sys.argv[1:] or NAMES:
        print(f"== {name}", flush=True)
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
