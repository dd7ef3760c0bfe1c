"""A corpus of histories: those that runs exported, copied into a folder that grows from run to run."""

import shutil
from collections.abc import Iterable
from pathlib import Path


def collect(runs: Iterable[str], corpus: Path) -> int:
    """Copy the histories of runs, by their folders, into the corpus; return how many there are of these runs.

    A history lands in `<run>/<label>/<repetition>/` under its own name, so that no run overwrites another's.
    """
    found = [
        (Path(run).name, file.relative_to(run), file)
        for run in filter(None, runs)
        for file in sorted(Path(run).glob("*/*/histories/*.json"))
    ]
    for run, place, file in found:
        label, repetition, *_ = place.parts
        folder = corpus / run / label / repetition
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / file.name)
    return len(found)
