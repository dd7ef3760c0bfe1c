"""An explanation as text: which of the rows make the figure can be seen."""

from pathlib import Path

from click.testing import CliRunner

from benchmarks.synthetic import write_run
from harness.cli.explain import command
from harness.explaining.breakdown import Row
from harness.report.formats.explanation import of_figure, value
from tests.support.results import temporal


def test_rows_that_only_stand_beside_the_figure_have_no_arrow() -> None:
    rows = [Row("1 s", "here:1", adds=None), Row("2 s, rank 2 of 2", "here:20", adds=2.0)]
    assert of_figure("sync.resume_max", "2.0 s", rows) == (
        "sync.resume_max = 2.0 s\n  1 s               here:1\n→ 2 s, rank 2 of 2  here:20"
    )


def test_rows_that_all_count_need_no_arrow() -> None:
    rows = [Row("T-0001 was lost", "here:1", 1), Row("T-0002 was lost", "here:2", 2)]
    assert of_figure("lost", "2", rows) == "lost = 2\n  T-0001 was lost  here:1\n  T-0002 was lost  here:2"


def test_a_figure_without_rows_says_that_nothing_of_the_kind_happened() -> None:
    assert of_figure("lost", "0", []) == "lost = 0\n  no records: nothing of the kind happened"


def test_the_command_prints_as_many_rows_as_it_counts(tmp_path: Path) -> None:
    write_run(tmp_path, ["one"], 8, lost_every=4)
    ran = CliRunner().invoke(command, [str(tmp_path), "one.lost"])
    assert ran.exit_code == 0
    heading, *rows = ran.stdout.strip().split("\n")
    assert heading == "one.lost = 2"
    assert [row.split()[0] for row in rows] == ["T-0004", "T-0008"]


def test_a_percentile_is_told_with_the_pairs_it_ranks_over_and_whether_it_is_the_largest() -> None:
    few = temporal(pairs={"resume": 5, "recovery": 30})
    assert value(few, "resume_p50") == "0.93 s (of 5)"
    assert value(few, "resume_p95") == "10.2 s (of 5), the maximum: fewer than 20 pairs"
    assert value(few, "recovery_p50") == "3.4 s (of 30)"
    assert value(few, "lost") == "0"
    assert value(temporal(absent={"drain": "no fault was undone"}), "drain") == "nothing: no fault was undone"
