import pytest

from harness.progress.tally import Counts, RunTally, in_words

BOTH = RunTally(began=0.0).of(["sync", "temporal"], 3, 40)


def run(tally: RunTally, system: str, number: int, *phases: tuple[str, float]) -> RunTally:
    for name, now in phases:
        tally = tally.entered(system, number, 3, name, now)
    return tally


FIRST_ROUND = run(run(BOTH, "sync", 1, ("load", 0.0), ("export", 8.0)), "temporal", 1, ("load", 10.0), ("export", 25.0))


def test_nothing_is_known_before_every_system_ended_a_repetition() -> None:
    assert BOTH.left_s(0.0) is None
    assert FIRST_ROUND.left_s(29.0) is None


def test_before_the_first_repetition_ended_a_guess_counts() -> None:
    guessed = RunTally(began=0.0).of(["sync", "temporal"], 3, 40, guess_s=12.0)
    assert guessed.left_s(0.0) == 6 * 12.0
    assert run(guessed, "sync", 1, ("load", 0.0)).left_s(5.0) == 6 * 12.0 - 5.0


def test_a_system_that_ended_a_repetition_needs_no_guess_any_more() -> None:
    guessed = RunTally(began=0.0).of(["sync", "temporal"], 3, 40, guess_s=12.0)
    second = run(run(guessed, "sync", 1, ("load", 0.0)), "temporal", 1, ("load", 10.0))
    assert second.left_s(10.0) == 2 * 10.0 + 3 * 12.0


def test_what_outlasts_its_guess_is_never_said_to_be_over() -> None:
    late = run(RunTally(began=0.0).of(["sync"], 3, 40, guess_s=12.0), "sync", 1, ("load", 0.0))
    assert late.left_s(40.0) == 10.0 + 2 * 12.0


def test_what_is_left_follows_from_the_repetitions_that_ended() -> None:
    second = run(FIRST_ROUND, "sync", 2, ("load", 30.0))
    assert second.left_s(30.0) == 2 * 10.0 + 2 * 20.0
    assert second.left_s(33.0) == 2 * 10.0 + 2 * 20.0 - 3.0


def test_a_phase_that_takes_longer_puts_off_what_comes_after_it() -> None:
    second = run(FIRST_ROUND, "sync", 2, ("load", 30.0))
    assert second.left_s(50.0) == 2.0 + 10.0 + 2 * 20.0
    assert run(second, "sync", 2, ("export", 50.0)).left_s(50.0) == 2.0 + 10.0 + 2 * 20.0


def test_a_phase_that_never_came_before_takes_from_the_whole() -> None:
    second = run(FIRST_ROUND, "sync", 2, ("load", 30.0), ("idle", 36.0))
    assert second.left_s(37.0) == 3.0 + 10.0 + 2 * 20.0
    assert second.left_s(99.0) == 10.0 + 2 * 20.0


def test_of_several_repetitions_the_median_counts() -> None:
    one = RunTally(began=0.0).of(["sync"], 5, 40)
    for number, now in enumerate((0.0, 10.0, 90.0, 101.0), 1):
        one = one.entered("sync", number, 5, "load", now)
    assert one.left_s(101.0) == 2 * 11.0


def test_counts_are_those_of_all_repetitions_and_nothing_stays_in_flight() -> None:
    first = BOTH.entered("sync", 1, 3, "load", 0.0).counted(Counts(30, 4, 40, 40, 6, 1, 2))
    second = first.entered("sync", 2, 3, "load", 9.0).counted(Counts(5, 0, 8, 40, 3, 0, 2))
    column = second.column("sync")
    assert column is not None
    assert column.counts == Counts(finished=35, given_up=4, submitted=48, total=80, in_flight=3, landed=1, planned=4)


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (None, ""),
        (0.0, "a few seconds left"),
        (7.4, "a few seconds left"),
        (7.6, "about 10 s left"),
        (89.0, "about 90 s left"),
        (91.0, "about 2 min left"),
        (3600.0, "about 60 min left"),
        (9000.0, "about 2.5 h left"),
    ],
)
def test_a_time_left_is_said_no_finer_than_it_is_known(left_s: float | None, words: str) -> None:
    assert in_words(left_s) == words
