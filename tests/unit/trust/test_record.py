"""What the proof keeps of its tries, and what its page says of those that first came out otherwise."""

from collections.abc import Sequence
from pathlib import Path

from tests.trust import __main__ as program
from tests.trust.page import render
from tests.trust.part import Outcome
from tests.trust.record import Record


class Moody:
    """A part of two cases, of which one comes out as expected only when it is tried again."""

    name = "moody"
    title = "Moody"
    side_by_side = 2

    def __init__(self, moods: dict[str, list[bool]]) -> None:
        self._moods = moods

    def cases(self) -> Sequence[str]:
        return list(self._moods)

    def attempt(self, case: str, folder: Path) -> Outcome:
        assert folder.is_dir()
        passed = self._moods[case].pop(0)
        return Outcome(case, passed, "" if passed else "the machine was busy")

    def section(self, outcomes: Sequence[Outcome]) -> str:
        return f"{len(outcomes)} cases"


def page_after(part: Moody, kept: Record) -> str:
    program.work_through(part, kept, is_fresh=False)
    last = kept.outcomes(part.name)
    tried = {part.name: [last[case] for case in part.cases()]}
    return render(tried, [part], kept.code, {part.name: kept.earlier(part.name)})


def test_what_did_not_come_out_as_expected_is_tried_once_more_and_said(tmp_path: Path) -> None:
    page = page_after(Moody({"calm": [True], "moody": [False, True]}), Record(tmp_path / "outcomes.jsonl"))
    assert "| 2 | 2 of 2 |" in page
    assert "Tried more than once, as it first came out otherwise:\n\n- moody: the machine was busy" in page
    assert "Not as expected" not in page


def test_what_never_comes_out_as_expected_stays_so(tmp_path: Path) -> None:
    page = page_after(Moody({"calm": [True], "moody": [False, False]}), Record(tmp_path / "outcomes.jsonl"))
    assert "| 1 | 2 of 2 |" in page
    assert "Not as expected:\n\n- moody: the machine was busy" in page


def test_an_interrupted_proof_goes_on_with_what_is_left(tmp_path: Path) -> None:
    kept = Record(tmp_path / "outcomes.jsonl")
    kept.add("moody", Outcome("calm", passed=True))
    assert "| 2 | 2 of 2 |" in page_after(Moody({"calm": [], "moody": [True]}), kept)
