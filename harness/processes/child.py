"""The program in a process that never outlives its parent: `python -m harness.processes.child PID ARGUMENT…`.

It asks for the signal itself, and before anything else is imported, as the process that starts it may have threads,
beside which nothing should be done between fork and exec.
"""

import runpy
import sys

from harness.processes.lifeline import die_with, process_control

if __name__ == "__main__":
    die_with(process_control(), int(sys.argv.pop(1)))
    runpy.run_module(__package__.rpartition(".")[0], run_name="__main__", alter_sys=True)
