"""A child process of the harness with one part broken: `python -m tests.broken.harness.child SLUG MODULE ARGUMENT…`."""

import sys
from importlib import import_module

from tests.broken.harness.broken_part import broken_part

if __name__ == "__main__":
    slug, module = sys.argv[1:3]
    del sys.argv[:2]
    program = import_module(module)
    broken_part(slug).plant()
    program.main()
