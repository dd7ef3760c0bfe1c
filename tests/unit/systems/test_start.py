"""A process starts in its module's main: with its own arguments, and a collector that leaves imports alone."""

import os
import subprocess
from pathlib import Path

from systems import start

MODULE = """
import gc, sys
WHILE_IMPORTED = gc.isenabled()

def main():
    print(WHILE_IMPORTED, gc.isenabled(), gc.get_freeze_count() > 0, sys.argv[1:])
"""


def test_main_gets_the_arguments_and_what_was_imported_is_frozen(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(MODULE)
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    ran = subprocess.run(
        start.command("program", "one", "--two"),
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "False True True ['one', '--two']\n"
