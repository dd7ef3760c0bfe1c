"""How long nobody looked at CPU and memory, from the load to the end of settling, to the nanosecond."""

import pytest

from harness.history.model import History
from harness.history.run_records import LiveAtEnd, Phase, Sample, SupervisorLeft, Totals
from harness.judging.checks.missing import missing

SECOND = 1_000_000_000
BEGAN, SETTLED = 10 * SECOND, 14 * SECOND


def sampled(*moments: int, load: bool = True) -> History:
    """Return a record of which nothing is missing, but samples may be."""
    history = History("sync", 1)
    history.phases = [Phase(0, BEGAN, "load")] if load else []
    history.phases += [Phase(0, SETTLED, "quiet"), Phase(0, SETTLED + 1, "end")]
    history.at_end = LiveAtEnd(0, SETTLED, (), (), ())
    history.totals, history.supervisor_left = Totals(0, SETTLED, 0, 0, 0, 0), SupervisorLeft(0, SETTLED)
    history.samples = [Sample(0, at, {}, {}, 0, 0) for at in moments]
    return history


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ((12 * SECOND,), []),
        ((12 * SECOND + 1,), ["no sample of CPU and memory for 2.0 s"]),
        ((12 * SECOND - 1,), ["no sample of CPU and memory for 2.0 s"]),
        ((), ["no sample of CPU and memory for 4.0 s"]),
        ((5 * SECOND, 11 * SECOND, 13 * SECOND, 17 * SECOND), []),
        ((5 * SECOND, 11 * SECOND), ["no sample of CPU and memory for 3.0 s"]),
    ],
)
def test_two_seconds_without_a_sample_are_the_most(moments: tuple[int, ...], words: list[str]) -> None:
    assert missing(sampled(*moments)) == words


def test_a_run_without_a_load_needs_no_sample() -> None:
    assert missing(sampled(load=False)) == []
