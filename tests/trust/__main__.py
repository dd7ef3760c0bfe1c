"""Works through the proof: resumable, with progress, exit 1 where a case did not come out as expected."""

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import click
import msgspec

from tests.trust.page import render
from tests.trust.part import Outcome, Part
from tests.trust.parts import PARTS
from tests.trust.record import ROOT, Record

RECORD = ROOT / "reports" / "trust" / "outcomes.jsonl"
PAGE = ROOT / "docs" / "trust.md"


@click.command()
@click.option(
    "--part", "names", multiple=True, type=click.Choice([part.name for part in PARTS]), help="Only this part."
)
@click.option("--fresh", is_flag=True, help="Try again what was tried already.")
@click.option(
    "--record", type=click.Path(path_type=Path), default=RECORD, show_default=False, help="Where outcomes are kept."
)
@click.option("--page", type=click.Path(path_type=Path), default=PAGE, show_default=False, help="The page to write.")
def main(names: Sequence[str], fresh: bool, record: Path, page: Path) -> None:  # noqa: FBT001 - click's way
    """Judge the judge, and write docs/trust.md.

    What came out as expected with the same code is not tried again: after Ctrl-C, go on with the same command. What did
    not is tried once more; the page names it.
    """
    kept = Record(record)
    for part in PARTS:
        if not names or part.name in names:
            work_through(part, kept, is_fresh=fresh)
    tried = {part.name: _in_order(part, kept) for part in PARTS}
    earlier = {part.name: kept.earlier(part.name) for part in PARTS}
    page.write_text(render(tried, PARTS, kept.code, earlier), encoding="utf-8")
    failed = sum(not outcome.passed for outcomes in tried.values() for outcome in outcomes)
    click.echo(f"{page.name}: {sum(map(len, tried.values()))} cases tried, {failed} not as expected", err=True)
    sys.exit(1 if failed else 0)


def _in_order(part: Part, kept: Record) -> list[Outcome]:
    known = kept.outcomes(part.name)
    return [known[case] for case in part.cases() if case in known]


def work_through(part: Part, kept: Record, *, is_fresh: bool) -> None:
    """Try what is not known yet, and once more, alone, what did not come out as expected."""
    known = {} if is_fresh else kept.outcomes(part.name)
    cases = [case for case in part.cases() if case not in known]
    click.echo(f"{part.title}: {len(cases)} of {len(part.cases())} to try", err=True)
    _try_all(part, cases, kept, part.side_by_side)
    # Alone, as a machine that has other work makes some cases come out otherwise. The page says so of each.
    if again := [outcome.case for outcome in _in_order(part, kept) if not outcome.passed]:
        click.echo(f"{part.title}: {len(again)} not as expected, once more, one at a time", err=True)
        _try_all(part, again, kept, 1)


def _try_all(part: Part, cases: Sequence[str], kept: Record, side_by_side: int) -> None:
    with ThreadPoolExecutor(side_by_side) as pool:
        running = {pool.submit(_attempt, part, case): case for case in cases}
        try:
            for number, ended in enumerate(as_completed(running), start=1):
                outcome = ended.result()
                kept.add(part.name, outcome)
                word = "ok" if outcome.passed else f"NOT AS EXPECTED: {outcome.detail}"
                click.echo(f"  {number}/{len(cases)} {outcome.case} ({outcome.seconds:.1f} s): {word}", err=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _attempt(part: Part, case: str) -> Outcome:
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"trust-{part.name}-"))
    try:
        outcome = part.attempt(case, folder)
    except Exception as error:  # noqa: BLE001 - whatever broke, the case did not come out as expected
        outcome = Outcome(case, passed=False, detail=f"{type(error).__name__}: {error}"[:2000])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return msgspec.structs.replace(outcome, seconds=round(time.monotonic() - began, 2))


if __name__ == "__main__":
    main()
