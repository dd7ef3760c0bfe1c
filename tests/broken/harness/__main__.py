"""`python -m tests.broken.harness SLUG ARGUMENT…`: the program with one part of it broken."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from harness.__main__ import main
from harness.processes import supervisor_client
from systems import start
from tests.broken.harness.broken_part import HARNESS, SUPERVISOR, BrokenPart, broken_part, put


def plant_everywhere(slug: str, part: BrokenPart) -> None:
    """Break the part here, or in the child process whose part it is."""
    if part.process == HARNESS:
        part.plant()
        return
    start_module = start.command

    def command(module: str, *arguments: str) -> tuple[str, ...]:
        argv = start_module(module, *arguments)
        return _broken_argv(slug, module, arguments) if module == part.process else argv

    def popen(argv: list[str], **options: Any) -> subprocess.Popen[bytes]:
        whole = _broken_argv(slug, SUPERVISOR, argv[3:]) if argv[2] == part.process else argv
        return subprocess.Popen(whole, **options)

    put(start, "command", command)
    names = {name: getattr(subprocess, name) for name in ("DEVNULL", "TimeoutExpired")}
    put(supervisor_client, "subprocess", SimpleNamespace(Popen=popen, **names))


def _broken_argv(slug: str, module: str, arguments: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{__package__}.child", slug, module, *arguments)


if __name__ == "__main__":
    chosen = sys.argv.pop(1)
    plant_everywhere(chosen, broken_part(chosen))
    main()
