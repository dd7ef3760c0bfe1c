"""A batch of inputs of one kind, in a process of its own: `python -m tests.trust.inputs.batch folders 7`.

Seeded by its number, so that the same batch is the same inputs each time. All of them are tried first; where one was
not as it must be, the batch is made again to shrink the first such input, and prints it.
"""

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.trust.inputs import expectations, folders, scenarios
from tests.trust.inputs.trial import QUESTIONS, REPORTS, Bench, Tried


class Tally(msgspec.Struct):
    """What came of a batch; `shrunk` is the simplest input that was not as it must be, with what was wrong."""

    tried: int = 0
    tracebacks: int = 0
    hangs: int = 0
    slowest_s: float = 0.0
    codes: dict[str, int] = {}
    greens: int = 0
    faulty: int = 0
    faults: dict[str, int] = {}
    shrunk: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of input: how it is made, and how it is tried."""

    made: Callable[[], st.SearchStrategy[Any]]
    tried: Callable[[Bench], Callable[[Any], Tried]]


KINDS = {
    "scenarios": Kind(scenarios.files, lambda bench: bench.scenario),
    "expectations": Kind(expectations.lines, lambda bench: bench.expectation),
    "folders": Kind(
        lambda: st.tuples(
            folders.damages(),
            st.sampled_from((*REPORTS, "page")),
            st.sampled_from(QUESTIONS),
            st.booleans(),
            st.booleans(),
        ),
        lambda bench: bench.folder,
    ),
}


class NotAsItMustBe(AssertionError):
    """An input came out otherwise than any may."""


class Enough(Exception):
    """As many inputs were tried as were asked for."""


def tried(kind: Kind, number: int, count: int, bench: Bench, *, is_survey: bool = False) -> Tally:
    """Try a batch, and return what came of it; a survey prints each input that fails, and shrinks none."""
    tally, known, codes, faults = Tally(), set[bytes](), Counter[str](), Counter[str]()

    def take(one: Any) -> None:
        digest = hashlib.sha256(repr(one).encode("utf-8", "replace")).digest()
        if digest in known:  # Hypothesis comes back to some: only different ones count
            return
        if tally.tried == count:
            raise Enough
        known.add(digest)
        outcome = kind.tried(bench)(one)
        tally.tried += 1
        tally.tracebacks += outcome.tracebacks
        tally.hangs += outcome.hangs
        tally.greens += outcome.is_green
        tally.slowest_s = max(tally.slowest_s, outcome.slowest_s)
        tally.faulty += bool(outcome.faults)
        codes.update(outcome.codes)
        faults.update(fault[:200] for fault in outcome.faults)
        if is_survey and outcome.faults:
            click.echo(f"{outcome.faults} by {one!r}"[:4000], err=True)

    with suppress(Enough):
        make(kind, number, 3 * count, (Phase.generate,), take)
    tally.codes, tally.faults = dict(codes), dict(faults.most_common(20))
    if tally.faulty and not is_survey:
        tally.shrunk = _shrunk(kind, number, count, bench)
    return tally


def _shrunk(kind: Kind, number: int, count: int, bench: Bench) -> str:
    def fail(one: Any) -> None:
        outcome = kind.tried(bench)(one)
        if outcome.faults:
            raise NotAsItMustBe(f"{one!r}: {outcome.faults}")

    try:
        make(kind, number, 3 * count, (Phase.generate, Phase.shrink), fail)
    except Exception as error:  # noqa: BLE001 - one failure, or a group of several
        return str(error)[:4000]
    return "not again: it failed once, and did not when it was tried again"


def make(kind: Kind, number: int, count: int, phases: tuple[Phase, ...], take: Callable[[Any], object]) -> None:
    """Make a batch: each of up to so many inputs is given to `take`, some of them twice."""

    @seed(number)
    @settings(
        max_examples=count,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(kind.made())
    def each(one: Any) -> None:
        take(one)

    each()


@click.command()
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("number", type=int)
@click.option("--count", default=100, show_default=True)
@click.option("--survey", "is_survey", is_flag=True, help="Print every input that fails, and shrink none.")
@click.option("--out", type=click.Path(path_type=Path), help="File for the tally, as JSON; default stdout.")
def main(kind: str, number: int, count: int, out: Path | None, *, is_survey: bool) -> None:
    """Try the NUMBERth batch of a KIND of input."""
    with tempfile.TemporaryDirectory(prefix="inputs-") as folder:
        sandbox = Path(folder).resolve()
        for name in ("home", "tmp", "cwd"):
            (sandbox / name).mkdir()
        os.environ |= {"HOME": str(sandbox / "home"), "TMPDIR": str(sandbox / "tmp")}
        os.chdir(sandbox / "cwd")
        tempfile.tempdir = None
        text = msgspec.json.encode(tried(KINDS[kind], number, count, Bench(sandbox), is_survey=is_survey))
        os.chdir("/")
    if out:
        out.write_bytes(text)
    else:
        click.echo(msgspec.json.format(text, indent=2))


if __name__ == "__main__":
    main()
