"""The program: `chaos`, `chaos-harness` and `python -m chaos_harness`."""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run a command; the exit code says what happened."""
    if not (_HERE / "harness").is_dir():
        # A checkout: its `harness` comes before one of the project that the program is called from.
        sys.path.insert(0, str(_HERE.parent))
    from harness.__main__ import main as program  # noqa: PLC0415 - once it can only be this program's own

    program()


if __name__ == "__main__":
    main()
