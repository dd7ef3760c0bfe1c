"""What the page about CI and the workflow tell people to type is what the program takes."""

import re
from typing import Any

import pytest
import yaml

from harness.catalogue import CATALOGUE
from harness.cli.main import COMMANDS, chaos
from harness.comparing.gate import Gate, read_gate
from harness.planning.reading.bundled import bundled
from tests.support.chaos import ROOT
from tests.support.pages import blocks, commands, in_shell, parameters, words

PAGE = (ROOT / "docs" / "ci.md").read_text()
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "chaos.yml").read_text())
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["chaos"]["steps"]
STANDS_FOR_ONE = {"scenarios/mine.yaml", "mine.yaml"}


LINES = commands(PAGE) + [line for step in STEPS for line in in_shell(step.get("run", ""))]


def test_the_page_and_the_workflow_have_commands() -> None:
    assert len(commands(PAGE)) >= 10
    assert len(LINES) >= len(commands(PAGE)) + 3


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_one_that_the_program_takes(line: str) -> None:
    given = parameters(line)
    for gate in given.get("conditions", ()):
        read_gate(gate)
    names = {path.stem for path in bundled()} | STANDS_FOR_ONE
    assert set(given.get("scenarios", ())) <= names


def test_every_option_that_the_page_names_exists() -> None:
    known = {option for name in COMMANDS for option in options_of(name)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert named - known == set()


def options_of(name: str) -> list[str]:
    command = chaos.get_command(chaos.make_context("chaos", [name]), name)
    assert command is not None
    return [option for parameter in command.params for option in parameter.opts if option.startswith("--")]


def test_the_yaml_of_the_page_is_yaml() -> None:
    found = blocks(PAGE, "yaml")
    assert found
    for block in found:
        assert set(yaml.safe_load(block)) == {"chaos", "compare"}


def test_the_workflow_is_one() -> None:
    assert {"name", "jobs", "permissions"} <= WORKFLOW.keys()
    assert set(WORKFLOW[True]) == {"pull_request", "push"}  # YAML 1.1 reads `on` so; GitHub does not
    assert all(("run" in step) != ("uses" in step) for step in STEPS)
    assert WORKFLOW["jobs"]["chaos"]["timeout-minutes"] > 0


def test_what_is_uploaded_is_what_is_fetched_and_compared() -> None:
    [upload] = [step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact")]
    shell = "\n".join(step.get("run", "") for step in STEPS)
    assert f"--name {upload['with']['name']} --dir base" in shell
    for part in ("all", "timed"):
        assert f"compare base/{part} reports/{part}" in shell
        assert f"--out reports/{part}" in shell


def test_the_base_is_the_last_run_of_main_with_an_artifact_whatever_it_came_to() -> None:
    [fetch] = [step["run"] for step in STEPS if "gh run download" in step.get("run", "")]
    assert "--status completed" in fetch
    assert "--branch main --event push" in fetch  # a fork's branch may be called main too
    assert "for run in" in fetch
    assert "success" not in fetch


def test_every_scenario_is_gated_by_counts_alone_and_what_ran_five_times_by_times_too() -> None:
    gates = {part: gates_of(f"base/{part}") for part in ("all", "timed")}
    units = {part: {CATALOGUE[one.metric].unit for one in found} for part, found in gates.items()}
    assert units == {"all": {"count"}, "timed": {"count", "s"}}
    assert "lost" in {one.metric for one in gates["all"]}


def gates_of(base: str) -> list[Gate]:
    """Return the gates of the workflow's comparison with that base."""
    [line] = [line for step in STEPS for line in in_shell(step.get("run", "")) if f"compare {base} " in line]
    given = words(line)
    return [read_gate(given[place + 1]) for place, word in enumerate(given) if word == "--fail-on"]


def test_no_file_names_a_registry() -> None:
    texts = [PAGE, (ROOT / ".github" / "workflows" / "chaos.yml").read_text()]
    assert not [text for text in texts if re.search(r"https?://|index-url", text)]
