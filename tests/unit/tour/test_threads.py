"""Threads are counted from samples, of the system's own processes; samples of an older program do not say."""

from harness.history.run_records import Sample
from harness.tour.threads import largest


def sample(**threads: int) -> Sample:
    return Sample(0, 0, {}, {}, 0, 0, threads=threads)


def test_the_most_threads_of_workers_and_engine_together_count() -> None:
    assert largest([sample(worker=4, engine=9), sample(worker=30, receiver=99), sample(worker=2)]) == 30


def test_samples_that_do_not_say_leave_it_unknown() -> None:
    assert largest([Sample(0, 0, {}, {}, 0, 0)]) is None
    assert largest([]) is None
