"""Start-up: CPU of `chaos --help` and `chaos validate`, against an empty Python and against Chaos Toolkit's help."""

from benchmarks.measuring import median_cpu_s, python

HELP_LIMIT, VALIDATE_LIMIT = 100 / 20, 250 / 20
"""100 ms and 250 ms, on a machine where an empty Python takes 20 ms."""


def main() -> None:
    """Print CPU milliseconds, and the ratios that are promised."""
    empty = median_cpu_s(python("-c", "pass"))
    shown = median_cpu_s(python("-m", "harness", "--help"))
    validated = median_cpu_s(python("-m", "harness", "validate", "worker-kill"))
    peer = median_cpu_s(python("-m", "chaostoolkit", "--help"))
    print(f"python -c pass           {empty * 1000:6.0f} ms")
    print(f"chaos --help             {shown * 1000:6.0f} ms  {shown / empty:5.1f} × empty (promised ≤ {HELP_LIMIT:g})")
    print(f"chaos validate           {validated * 1000:6.0f} ms  {validated / empty:5.1f} × empty", end="")
    print(f" (promised ≤ {VALIDATE_LIMIT:g})")
    print(f"Chaos Toolkit's --help   {peer * 1000:6.0f} ms  ours is {shown / peer:.2f} × of it (promised ≤ 0.5)")
