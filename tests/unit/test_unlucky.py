"""The judge of unlucky systems: each way in which a run can end badly is a complaint, and a good end is none."""

from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint

import msgspec
import pytest

from systems.registry import Registration
from tests.broken.bad_luck.cases import CASES, INSTALLED, complaints
from tests.broken.bad_luck.harms_the_record import HARMS
from tests.support.bad_luck import Ending
from tests.support.chaos import ROOT
from tests.trust.part import Outcome
from tests.trust.parts.bad_luck import BadLuck

ENDS_WELL = Ending(0, 3.0, "{}", "", (), 80_000_000, 2_000_000, 2_000_000)
ENDS_WITH_A_WORD = Ending(4, 3.0, "", "error: one: worker 0 (1-1) ended by itself\n", (), 0, 0, 0)


def test_a_good_end_is_no_complaint() -> None:
    assert complaints(CASES["floods-its-log"], ENDS_WELL) == []
    assert complaints(CASES["talks-nonsense"], ENDS_WITH_A_WORD) == []
    quoting = replace(ENDS_WITH_A_WORD, err=f"{ENDS_WITH_A_WORD.err}    | Traceback (most recent call last):\n")
    assert complaints(CASES["talks-nonsense"], quoting) == []
    as_result = replace(quoting, out=msgspec.json.encode({"problem": quoting.err}).decode())
    assert complaints(CASES["talks-nonsense"], as_result) == []


@pytest.mark.parametrize(
    ("name", "ending", "complaint"),
    [
        ("floods-its-log", replace(ENDS_WELL, code=3), "it left with 3, expected [0]"),
        ("floods-its-log", replace(ENDS_WELL, err="Traceback (most recent"), "a traceback was printed: "),
        (
            "floods-its-log",
            replace(ENDS_WELL, err="error: x\n    | x\nTraceback"),
            "a traceback was printed",
        ),
        ("floods-its-log", replace(ENDS_WELL, left=("7 sleeper",)), "it left 7 sleeper"),
        ("floods-its-log", replace(ENDS_WELL, peak_rss_bytes=10**9), "the harness took 1000000000 bytes of memory"),
        ("floods-its-log", replace(ENDS_WELL, peak_disk_bytes=10**9), "the run took 1000000000 bytes of disk"),
        ("floods-its-log", replace(ENDS_WELL, disk_bytes=10**8), "100000000 bytes of disk stay"),
        ("talks-nonsense", replace(ENDS_WITH_A_WORD, err="error: broken\n"), "the error does not say "),
    ],
)
def test_each_bad_end_is_one_complaint(name: str, ending: Ending, complaint: str) -> None:
    (found,) = complaints(CASES[name], ending)
    assert found.startswith(complaint)


def test_a_run_that_does_not_end_is_a_complaint() -> None:
    assert "it had not ended after 40 s" in complaints(CASES["floods-its-log"], replace(ENDS_WELL, code=None))


def test_every_case_names_a_system_that_is_offered_and_a_harm_that_is_done() -> None:
    assert INSTALLED["PYTHONPATH"].startswith(str(ROOT))
    text = (ROOT / "tests/broken/bad_luck/installed/luck-1.dist-info/entry_points.txt").read_text()
    offered = dict(line.split(" = ") for line in text.splitlines()[1:])
    for case in CASES.values():
        registration = EntryPoint(case.slug, offered[case.slug], "").load()
        assert isinstance(registration, Registration)
        assert callable(import_module(registration.module).build)
    assert {case.harm for case in CASES.values() if case.harm} == HARMS.keys()


def test_the_page_says_how_each_run_ended() -> None:
    figures: dict[str, float | str] = {"code": 3, "seconds": 2.5, "left": 0, "rss": 80.4, "disk": 1.6}
    row = BadLuck().section([Outcome("forks", passed=True, figures=figures)]).splitlines()[-1]
    assert row == ("| leaves children behind, also in sessions of their own | unknown (3) | 2.5 | 0 | 80 MB | 2 MB |")
