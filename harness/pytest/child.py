"""The program in a process that never outlives the one that started it: `python -m harness.pytest.child PID ARGUMENT…`.

It asks for the signal itself, as a pytest may have threads, beside which nothing should be done between fork and exec.
"""

import sys

from harness.__main__ import main
from harness.processes.lifeline import death_signal, die_with

if __name__ == "__main__":
    die_with(death_signal(), int(sys.argv.pop(1)))
    main()
