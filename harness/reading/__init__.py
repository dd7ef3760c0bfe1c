"""Reading: a scenario's file to a Scenario, or every mistake in it with its place."""

from dataclasses import replace
from pathlib import Path

import msgspec

from harness.errors import Mistake, ScenarioInvalid
from harness.reading.bundled import bundled, locate
from harness.reading.crosscheck import crosscheck
from harness.reading.decode import Decoder, meant
from harness.reading.nodes import Page, compose
from harness.reading.scenario_reader import Reader
from harness.scenario import Scenario


def read(name: str, *, seed: int | None = None, repeat: int | None = None) -> tuple[Scenario, str]:
    """Read and check SCENARIO, a path or a bundled name; return it and its file's text.

    `seed` and `repeat` replace the file's own. Raises ScenarioInvalid with every mistake.
    """
    path = locate(name)
    if not path.exists() and path == Path(name) and "/" not in name:
        names = [one.stem for one in bundled()]
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
    return draft.scenario, path.read_text(encoding="utf-8-sig")
