"""Workflow commands: GitHub's rules where one is meant, and no way to write one by any other text."""

import json
from typing import Any

import pytest

from harness.errors import Mistake
from harness.report.formats.annotations import MOST, Annotation, annotations, of_mistake, rendered
from harness.report.text.workflow_commands import command, harmless
from harness.runfolder.result import CheckResult, Judged, SystemResult
from harness.runfolder.run_summary import Ended
from tests.support.results import expectation, fault, repetition, result, sync, temporal


def ended(**changes: Any) -> Ended:
    return Ended("scenarios/worker-kill.yaml", 1, result(**changes), "reports/x")


def told(one: Ended) -> list[Annotation]:
    return list(annotations(one, "scenarios/worker-kill.yaml"))


# -- as the runner reads them


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as GitHub's runner does."""
    assert line.startswith("::")
    head, data = line[2:].split("::", 1)
    name, _, properties = head.partition(" ")
    pairs = dict(part.split("=", 1) for part in properties.split(",") if part)
    signs = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
    for code, sign in signs:
        pairs = {key: value.replace(code, sign) for key, value in pairs.items()}
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(code, sign)
    return name, pairs, data


def test_a_command_is_one_line_that_reads_back_as_what_was_meant() -> None:
    line = command("error", {"file": "a,b:c%.yaml", "line": 7, "title": "x == 1, 50% :: y"}, "100%\nsecond: line, %0A")
    assert "\n" not in line
    assert read(line) == (
        "error",
        {"file": "a,b:c%.yaml", "line": "7", "title": "x == 1, 50% :: y"},
        "100%\nsecond: line, %0A",
    )


def test_properties_and_data_are_escaped_by_the_rules() -> None:
    assert command("error", {"title": "a:b,c%"}, "a:b,c%\r\nd") == "::error title=a%3Ab%2Cc%25::a:b,c%25%0Ad"
    assert command("warning", {"file": "", "line": None}, "text") == "::warning::text"


@pytest.mark.parametrize("text", ["x\n::error::pwned", "x::y\r::stop-commands::z", "\x1b[2K::error::x", "\u2028::a::b"])
def test_no_value_ends_its_command_or_begins_another(text: str) -> None:
    line = command("error", {"title": text}, text)
    assert len(line.splitlines()) == 1
    name, properties, _ = read(line)
    assert (name, set(properties)) == ("error", {"title"})


@pytest.mark.parametrize(
    "line",
    [
        "::error::x",
        "  ::set-output name=a::b",
        "\u00a0\u2003::error::x",
        "\u200b::error::x",
        "\r::add-mask::x",
        "\t::x::y",
    ],
)
def test_no_line_begins_as_a_command(line: str) -> None:
    for text in (line, f"before\n{line}\nafter", f"{line}\n"):
        assert not [one for one in harmless(text).splitlines() if one.strip().startswith("::")]


@pytest.mark.parametrize(
    "word", ["##[error]x", "a ##[group]b", "##vso[task.setvariable]x", "##teamcity[x]", "###[error]"]
)
def test_the_older_commands_are_none_wherever_they_stand(word: str) -> None:
    assert "##[" not in harmless(word)
    assert "##vso[" not in harmless(word)
    assert "##teamcity[" not in harmless(word)


def test_json_says_the_same_when_it_is_harmless() -> None:
    value = {"##[error]": "::x", "hidden": "\u200b\x7f\U000e0001", "plain": "a · b — ∞"}
    text = json.dumps(value, ensure_ascii=False, indent=2)
    assert json.loads(harmless(text)) == value


def test_what_is_harmless_stays_as_it_is() -> None:
    page = "sync #1: 0.41 s ← resubmit backoff\n## heading\n| a::b | ∞ (never) ¹ |\n\tdone: x[0]"
    assert harmless(page) == page


# -- what is annotated


def test_a_failed_expectation_is_an_error_on_its_line_and_an_unknown_one_a_warning() -> None:
    failed = expectation("temporal.lost == 0", "fail", Judged("temporal", 1, 2, "==", 0, "fail"))
    unknown = expectation("sync.resume_p50 < 1s", "unknown", Judged("sync", 1, None, "<", 1, "unknown", "no data"))
    file = "scenarios/worker-kill.yaml"
    assert told(ended(expectations=(unknown, expectation(), failed), verdict="fail")) == [
        Annotation("error", "temporal.lost == 0", "FAIL    temporal.lost == 0   [temporal 2 == 0 FAIL]", file, 31),
        Annotation(
            "warning",
            "sync.resume_p50 < 1s",
            "unknown sync.resume_p50 < 1s   [sync – < 1.0 s unknown (no data)]",
            file,
            31,
        ),
    ]


def test_a_fault_that_missed_is_told_once_on_its_line_with_where_and_why() -> None:
    missing = (fault(name="mid", missed=1, notes=("1.1: nobody was busy",)),)
    systems = {
        "sync": SystemResult({}, (sync(faults=missing),)),
        "temporal": SystemResult({}, (temporal(), temporal(faults=missing))),
    }
    [one] = told(ended(systems=systems))
    assert (one.level, one.title, one.line) == ("warning", "fault 1 worker_kill mid did not land", 24)
    assert one.text == "sync: 1.1: nobody was busy\ntemporal #2: 1.1: nobody was busy"


def test_checks_that_are_not_valid_are_told_the_invalid_first() -> None:
    checks = (CheckResult("healed", "unknown", "later"), CheckResult("canary", "invalid", "another end"))
    many = tuple(repetition({}, checks=checks, faults=()) for _ in range(7))
    first, second = told(ended(systems={"a": SystemResult({}, many)}))
    assert (first.level, first.title) == ("error", "check canary is invalid")
    assert (second.level, second.title) == ("warning", "check healed is unknown")
    assert first.text.splitlines()[0] == "a #1: another end"
    assert first.text.splitlines()[-1] == "and 2 more"


def test_of_a_run_that_broke_off_only_that_is_told() -> None:
    failed = (expectation("temporal.lost == 0", "fail"),)
    [one] = told(ended(status="interrupted", problem="it hit its time limit", expectations=failed, verdict="fail"))
    assert (one.level, one.title, one.text) == ("warning", "worker-kill: interrupted", "it hit its time limit")
    [one] = told(ended(status="broken", problem="the disk is full"))
    assert one.level == "error"


def test_a_scenario_without_a_result_says_why() -> None:
    [one] = annotations(Ended("a/b.yaml", 4, None, said="no disk\nat all"), "b.yaml")
    assert one == Annotation("error", "b: no result (exit 4)", "no disk\nat all", "b.yaml")


def test_a_run_that_is_as_it_should_be_is_not_annotated() -> None:
    assert told(ended()) == []


def test_what_is_not_green_is_annotated_whatever_the_reason() -> None:
    [one] = told(ended(expectations=(), verdict="unknown"))
    assert (one.level, one.text) == ("warning", "verdict unknown: nothing was judged")


def test_a_mistake_is_told_where_it_stands() -> None:
    [line] = rendered([of_mistake(Mistake("/x/a.yaml", 3, 5, "unknown key 'nmae'"), "a.yaml")])
    assert line == "::error file=a.yaml,line=3,col=5,title=not a scenario::unknown key 'nmae'"


def test_more_than_github_shows_is_counted_and_errors_come_first() -> None:
    many = [Annotation(level, f"{level} {n}", "text") for n in range(MOST + 5) for level in ("warning", "error")]
    lines = rendered(many)
    assert [line.split(" ")[0] for line in lines] == ["::error"] * MOST + ["::warning"] * MOST
    assert "and 6 more" in lines[MOST - 1]
    assert "and 6 more" in lines[-1]
    assert len(rendered(many[: 2 * MOST])) == 2 * MOST


def test_an_overload_annotates_nothing() -> None:
    busy = temporal(checks=(CheckResult("headroom", "overloaded", "offered 3.3/s, served 1.2/s"),))
    assert told(ended(systems={"temporal": SystemResult({}, (busy,))})) == []
