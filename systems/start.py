"""Start a process with a module's `main`: `python -m systems.start MODULE [ARGUMENT…]`.

What a module imports stays as long as the process. The collector is kept from looking through it, which takes a
quarter of a worker's start: while it is imported, as it grows, and in every full collection afterwards.
"""

import gc
import sys
from importlib import import_module


def command(module: str, *arguments: str) -> tuple[str, ...]:
    """Make the command line that starts `module`."""
    return (sys.executable, "-m", __name__, module, *arguments)


def main() -> None:
    """Import the module, then let it run with the arguments after its name."""
    del sys.argv[0]
    gc.disable()
    program = import_module(sys.argv[0])
    gc.freeze()
    gc.enable()
    program.main()


if __name__ == "__main__":
    main()
