"""The program, also `python -m harness` in a checkout."""

import gc
import sys

import click

from harness.cli.streams import flushed, steady
from harness.errors import ChaosError
from harness.processes.interruption import Interruption, deaf_at_exit
from harness.processes.open_files import raise_open_files
from harness.text import escaped

BROKEN = 4
INTERRUPTED = 130
COLLECT_EVERY = 200_000
"""Objects made before the collector looks at them, more than any start makes: at Python's 700, a fifth of an import
goes into looking."""


def main() -> None:
    """Run a command; whatever happens, the exit code says what happened, and a user's mistake shows no traceback."""
    gc.set_threshold(COLLECT_EVERY)
    steady()
    raise_open_files()
    deaf_at_exit()
    interruption = Interruption()
    interruption.listen()
    code = INTERRUPTED
    try:
        code = _run()
        interruption.disarm()  # what was said is said: a late signal changes nothing of it
    except KeyboardInterrupt:  # as it told of what went wrong, or a moment before it was disarmed
        pass
    code = _flushed(code)
    _forget_interruption()
    gc.freeze()  # or the interpreter looks for cycles once more, a sixth of a start, in what ends with it anyway
    sys.exit(code)


def _forget_interruption() -> None:
    """Have the interpreter forget that an interruption was seen, or it may end by a signal in place of the exit code.

    CPython notes where one leaves code that was given as text, such as that by which an import makes a data class, and
    does not ask whether it was caught further out (`run_eval_code_obj` in pythonrun.c); the next such code clears it.
    """
    exec("")  # noqa: S102 - nothing is run


def _flushed(code: int) -> int:
    """Write what is held back; return the exit code, which is another where that cannot be."""
    try:
        flushed()
    except ChaosError as error:  # what was to be read was not written, whatever the verdict
        if code != BROKEN:
            click.echo(f"error: {error}", err=True)
        code = BROKEN
    return code


def _run() -> int:
    """Run the command that the command line names; return its exit code."""
    code: object = 0
    try:
        from harness.cli.main import chaos  # noqa: PLC0415 - after errors can be told

        code = chaos.main(prog_name="chaos", standalone_mode=False)
    except SystemExit as left:
        code = left.code
    except click.exceptions.Exit as left:
        code = left.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except ChaosError as error:
        _say(f"error: {error}" if error.exit_code == BROKEN else str(error))
        code = error.exit_code
    except OSError as error:
        _say(f"error: {error}")
        code = BROKEN
    except Exception as error:  # noqa: BLE001 - an exit code of 1 would read as a failed expectation
        _tell(error)
        code = BROKEN
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    """Print an error, whose lines may name files and quote what others wrote: nothing in it acts on the terminal."""
    click.echo("\n".join(map(escaped, text.split("\n"))), err=True)


def _tell(error: Exception) -> None:
    """Say what broke, with a traceback unless a system's package is what is missing or broken."""
    from systems.system import SystemUnavailable  # noqa: PLC0415 - for this case alone

    if isinstance(error, SystemUnavailable):
        click.echo(f"error: {error}", err=True)
        return
    import traceback  # noqa: PLC0415 - for this case alone

    traceback.print_exc()
    click.echo(f"error: the harness itself broke: {type(error).__name__}: {error}", err=True)


if __name__ == "__main__":
    main()
