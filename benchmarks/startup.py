"""Start-up: CPU of `chaos --help` and `chaos validate`, against an empty Python and against Chaos Toolkit's help."""

from benchmarks.measuring import medians_cpu_s, python

ROUNDS = 21
"""A start takes a few hundredths of a second, of which a tenth is noise."""
HELP_LIMIT, VALIDATE_LIMIT = 100 / 20, 250 / 20
"""100 ms and 250 ms, on a machine where an empty Python takes 20 ms."""


def main() -> None:
    """Print CPU milliseconds, and the ratios that are promised."""
    commands = (
        ["-c", "pass"],
        ["-m", "harness", "--help"],
        ["-m", "harness", "validate", "worker-kill"],
        ["-m", "chaostoolkit", "--help"],
    )
    empty, shown, validated, peer = medians_cpu_s([python(*command) for command in commands], ROUNDS)
    print(f"python -c pass           {empty * 1000:6.0f} ms")
    print(f"chaos --help             {shown * 1000:6.0f} ms  {shown / empty:5.1f} × empty (promised ≤ {HELP_LIMIT:g})")
    print(f"chaos validate           {validated * 1000:6.0f} ms  {validated / empty:5.1f} × empty", end="")
    print(f" (promised ≤ {VALIDATE_LIMIT:g})")
    print(f"Chaos Toolkit's --help   {peer * 1000:6.0f} ms  ours is {shown / peer:.2f} × of it (promised ≤ 0.5)")
