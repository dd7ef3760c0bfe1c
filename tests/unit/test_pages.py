"""The pages for people: what they tell to type is taken, where they lead is there, what they quote is so."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks.reference_run import table
from harness.catalogue import CATALOGUE, GROUPS
from harness.cli.main import COMMANDS
from harness.judging.checks import CHECKS
from tests.support.chaos import ROOT
from tests.support.pages import anchors, blocks, commands, links, parameters, transcripts, words

PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / at / "README.md" for at in ("scenarios", "reports")),
]
README = (ROOT / "README.md").read_text()
CHECKS_PAGE = (ROOT / "docs" / "checks.md").read_text()
SCREEN = 45
"""Lines that a person sees before they scroll."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_to_something(path: Path) -> None:
    dead = []
    for link in links(path.read_text()):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_is_one_that_the_program_takes(path: Path) -> None:
    for line in commands(path.read_text()):
        if len(words(line)) == len(("chaos", "name")):  # a sentence that only names it
            assert words(line)[1] in COMMANDS
        else:
            parameters(line)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_verdict_that_is_quoted_has_the_command_that_printed_it(path: Path) -> None:
    page = path.read_text()
    quoted = [block for block in blocks(page) if re.search(r"^verdict ", block, re.MULTILINE)]
    assert [block for block in quoted if block not in transcripts(page).values()] == []


def test_what_the_tutorial_leaves_out_is_marked() -> None:
    marks = transcripts((ROOT / "docs" / "tutorial.md").read_text())
    assert {mark for mark, block in marks.items() if "[…]" in block} == {
        mark for mark in marks if mark.endswith(", abridged")
    }


def test_the_readme_leads_to_every_page() -> None:
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert pages | {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= set(links(README))


def test_the_first_screen_has_the_picture_the_sentence_the_commands_what_was_found_and_where_to_go_on() -> None:
    lines = README.splitlines()
    assert lines[2].startswith("![")
    screen = "\n".join(lines[:SCREEN])
    for part in ("make run", "make test", "## What it found", "## Where to go on", "docs/design.md"):
        assert part in screen


def test_what_the_readme_says_was_found_is_what_the_reference_run_came_to() -> None:
    block = transcripts(README)["printed by `python -m benchmarks reference_run`"]
    assert block == table() + "\n", "write it anew: python -m benchmarks reference_run"


def rows_of_checks() -> list[str]:
    """Return how the row of each check begins: its name, and what its module says that it sees."""
    documents = {name: str(sys.modules[check.__module__].__doc__) for name, check in CHECKS.items()}
    return [f"| `{name}` | {text.partition(': ')[2].strip().rstrip('.')} |" for name, text in documents.items()]


def test_the_page_on_checks_says_of_each_what_its_module_says() -> None:
    rows = re.findall(r"^(\| `\w+` \| [^|]+ \|)[^|]+\| [a-z, ]+ \|$", CHECKS_PAGE, re.MULTILINE)
    assert rows[: len(CHECKS)] == rows_of_checks()


def test_the_page_on_checks_has_every_metric_as_the_catalogue_has_it() -> None:
    rows = [
        f"| `{metric.name}` | {metric.unit} | {metric.better} | {metric.meaning} |" for metric in CATALOGUE.values()
    ]
    assert [line for line in CHECKS_PAGE.splitlines() if line in rows] == rows
    assert re.findall(r"^### (\w+)$", CHECKS_PAGE, re.MULTILINE) == list(GROUPS)


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "docs/checks.md", "docs/design.md", "docs/tutorial.md"]
)
def test_every_file_of_the_source_that_a_page_names_exists(name: str) -> None:
    named = re.findall(r"`((?:harness|systems|tests|benchmarks|docs)/[\w/.-]+)`", (ROOT / name).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
