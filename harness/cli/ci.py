"""`chaos run --ci`: what a CI job wants beside the result: harmless output, annotations, a step summary, JUnit."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from harness.cli.log_stream import LogStream
from harness.errors import EnvironmentFailure, Interrupted, ScenarioInvalid
from harness.report.formats import FORMATS, TERMINAL, SuiteInput, render_suite, report_names
from harness.runfolder.run_summary import Ended

LIMIT_S = 600.0
REPORTS = tuple(name for name in report_names() if name != TERMINAL)
"""What a job collects: every report but the one that its log shows."""
JOINED = "junit"
"""What the job's service reads in one file, of all scenarios."""


def take_over_streams() -> None:
    """Let all that this process prints from now on go into a log; for good, as errors are told last of all."""
    sys.stdout = cast("TextIO", LogStream(sys.stdout))
    sys.stderr = cast("TextIO", LogStream(sys.stderr))


@contextmanager
def mistakes_annotated() -> Iterator[None]:
    """Annotate the mistakes of scenarios that cannot be read, on their way to the person."""
    try:
        yield
    except ScenarioInvalid as invalid:
        from harness.report.formats.annotations import of_mistake, rendered

        _command(rendered([of_mistake(mistake, _file(mistake.file)) for mistake in invalid.mistakes]))
        raise


def publish(ended: Sequence[Ended], code: int, out: Path) -> None:
    """Annotate, join the JUnit reports, append to the step's summary; raises EnvironmentFailure if one is refused."""
    from harness.report.formats.annotations import annotations, rendered

    _command(rendered([note for run in ended for note in annotations(run, _file(run.path))]))
    if out.is_dir():
        joined = out / FORMATS[JOINED].file
        suite = SuiteInput(ended, is_interrupted=code == Interrupted.exit_code)
        with _ground(joined):
            joined.write_text(render_suite(JOINED, suite), encoding="utf-8")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and ended:
        _append_summary(Path(summary), ended)


def _command(lines: Iterable[str]) -> None:
    """Print commands where there is a runner that takes them: on stderr, as stdout is the result's."""
    if os.environ.get("GITHUB_ACTIONS") != "true" or not isinstance(sys.stderr, LogStream):
        return
    # Both streams end in one log: what was printed before belongs before the annotations.
    sys.stdout.flush()
    for line in lines:
        sys.stderr.command(line)
    sys.stderr.flush()


def _file(path: str) -> str:
    """Return a scenario's file as the repository names it; one outside of it as it is."""
    from harness.planning.reading.bundled import locate

    file = locate(path)
    base = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    return file.resolve().relative_to(base).as_posix() if file.resolve().is_relative_to(base) else str(file)


def _append_summary(path: Path, ended: Sequence[Ended]) -> None:
    """Append the page, as far as what the step has appended before leaves room for it."""
    from harness.report.formats.markdown_suite import LIMIT_BYTES
    from harness.report.formats.markdown_suite import render_suite as render_page

    with _ground(path), path.open("a", encoding="utf-8") as file:
        file.write(render_page(SuiteInput(ended), LIMIT_BYTES - path.stat().st_size))


@contextmanager
def _ground(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFailure(f"cannot write {path}: {error.strerror or error}") from error
