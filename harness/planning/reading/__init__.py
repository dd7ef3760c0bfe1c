"""Reading: a scenario's file to a Scenario, or every mistake in it with its place."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import msgspec

from harness.errors import Caution, Mistake, ScenarioInvalid
from harness.planning.reading.bundled import bundled, locate
from harness.planning.reading.cautions import cautions
from harness.planning.reading.crosscheck import crosscheck
from harness.planning.reading.decode import Decoder, meant
from harness.planning.reading.draft import Draft
from harness.planning.reading.nodes import Page, compose
from harness.planning.reading.scenario_reader import Reader
from harness.planning.scenario import Scenario


def read(name: str, *, seed: int | None = None, repeat: int | None = None) -> tuple[Scenario, str]:
    """Read and check SCENARIO, a path or a bundled name; return it and its file's text.

    `seed` and `repeat` replace the file's own. Raises ScenarioInvalid with every mistake.
    """
    draft, path = _draft(name, seed, repeat)
    return draft.scenario, _text(path)


def read_warned(
    name: str, *, seed: int | None = None, repeat: int | None = None, labels: Collection[str] = ()
) -> tuple[Scenario, str, tuple[Caution, ...]]:
    """Read as `read` does, and also return what makes the run of the systems `labels` (none: all) prove little."""
    draft, path = _draft(name, seed, repeat)
    return draft.scenario, _text(path), cautions(draft, str(path), labels)


def _draft(name: str, seed: int | None, repeat: int | None) -> tuple[Draft, Path]:
    path = locate(name)
    if not path.exists() and path == Path(name) and "/" not in name:
        names = [path.stem for path in bundled()]
        message = f"no such file, and no bundled scenario of that name{meant(name, names)}; see `chaos list`"
        raise ScenarioInvalid([Mistake(name, 1, 1, message)])
    page = Page(str(path))
    root = compose(path, page)
    draft = None if root is None else Reader(Decoder(page)).draft(root)
    if draft is not None:
        changes = {key: value for key, value in (("seed", seed), ("repeat", repeat)) if value is not None}
        draft = replace(draft, scenario=msgspec.structs.replace(draft.scenario, **changes))
        crosscheck(draft, page)
    if page.mistakes or draft is None:
        raise ScenarioInvalid(page.mistakes)
    return draft, path


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
