from typing import Any

from harness.report.sections.summary_sentence import story
from harness.runfolder.result import CheckResult, Repetition, SystemResult
from tests.support.results import SYNC, TEMPORAL, fault, repetition, result, sync, temporal


def told(changes: dict[str, Any] | None = None, **systems: Repetition) -> str:
    columns = {label: SystemResult({}, (one,)) for label, one in systems.items()}
    return story(result(systems=columns, **(changes or {})))


def test_lost_and_resumed() -> None:
    assert told(sync=sync(), temporal=temporal()) == (
        "When a worker died, sync lost 4 of 40 tickets; temporal lost none, sent 1 message again and resumed in 0.93 s."
    )


def test_nothing_happened() -> None:
    calm = repetition({"submitted": 40, "lost": 0}, faults=())
    assert told(sync=calm) == "Without any fault, sync lost none of 40 tickets."


def test_failed_as_expected() -> None:
    figures = {"submitted": 30, "lost": 0, "failed": 6, "failed_as_expected": 6}
    faults = (fault(kind="activity_failure", planned=6, landed=6),)
    assert told(sync=repetition(figures, faults=faults)) == (
        "When steps failed, sync lost none of 30 tickets and failed 6 as expected."
    )


def test_stuck_with_people() -> None:
    stuck = repetition(SYNC | {"lost": 0, "failed": 3})
    assert told(sync=stuck) == (
        "When a worker died, sync lost none of 40 tickets and handed 3 to people who have to finish them by hand."
    )


def test_wrong_ends_and_refusals() -> None:
    odd = repetition(SYNC | {"lost": 0, "rejected": 2, "wrong_outcome": 1, "effects_missing": 1})
    assert told(sync=odd) == (
        "When a worker died, sync lost none of 40 tickets, turned 2 away, ended 1 wrongly and left 1 message unsent."
    )


def test_writers_who_met() -> None:
    figures = {"submitted": 6, "lost": 0, "lost_updates": 2, "double_assignments": 1, "conflicts": 0}
    faults = (fault(kind="write_race", planned=2, landed=2),)
    caught = repetition({"submitted": 6, "lost": 0, "conflicts": 1}, faults=faults)
    assert told(none=repetition(figures, faults=faults, counted_twice={"lost_updates": 1}), optimistic=caught) == (
        "When writers met, none lost none of 6 tickets, gave 1 agent to two tickets at once and lost 1 other update; "
        "optimistic lost none and refused 1 conflicting write."
    )


def test_no_fault_landed() -> None:
    missed = repetition(TEMPORAL, faults=(fault(missed=1),), checks=(CheckResult("faults_landed", "unknown", ""),))
    assert told(temporal=missed).startswith(
        "The evidence has gaps; as recorded, no fault landed, and temporal lost none"
    )


def test_an_invalid_experiment_is_named_first() -> None:
    wrong = repetition(TEMPORAL, checks=(CheckResult("canary", "invalid", ""),))
    assert told(temporal=wrong).startswith("The experiment is not valid; as recorded, when a worker died")


def test_an_interrupted_run_is_named_first() -> None:
    said = story(result(status="interrupted", systems={"sync": SystemResult({}, (sync(),)), "b": SystemResult({}, ())}))
    assert said == (
        "The run was interrupted; as far as it got, when a worker died, sync lost 4 of 40 tickets; b was not run."
    )


def test_unknown_losses_are_not_none() -> None:
    unclear = repetition({"submitted": 40}, absent={"lost": "no store"})
    assert told(sync=unclear) == "When a worker died, sync left unknown how many of 40 tickets it lost."


def dead_engine(**metrics: Any) -> Repetition:
    return repetition({"submitted": 14, "lost": 0, **metrics}, faults=(fault(kind="engine_kill", landed=1),))


def no_engine() -> Repetition:
    return repetition({"submitted": 14, "lost": 0}, faults=(fault(kind="engine_kill", planned=0, not_applicable=1),))


def test_a_dead_engine_is_a_single_point_of_failure_and_cost_time_without_progress() -> None:
    assert told(sync=no_engine(), temporal=dead_engine(unavailable=1.84)) == (
        "When the engine died, sync, which has no engine, lost none of 14 tickets; temporal lost none; "
        "its engine is a single point of failure that sync does not have: nothing moved for 1.8 s."
    )


def test_several_systems_without_an_engine_are_all_named() -> None:
    said = told(a=no_engine(), b=no_engine(), temporal=dead_engine(unavailable=1.84))
    assert said.endswith("its engine is a single point of failure that a and b do not have: nothing moved for 1.8 s.")


def test_where_nobody_knows_how_long_nothing_moved_no_seconds_are_told() -> None:
    assert told(temporal=dead_engine()) == (
        "When the engine died, temporal lost none of 14 tickets; its engine is a single point of failure."
    )


def test_over_repetitions_the_shortest_and_the_longest_standstill_are_told() -> None:
    both = SystemResult({}, (dead_engine(unavailable=1.2), dead_engine(unavailable=1.84)))
    assert story(result(systems={"temporal": both})).endswith("nothing moved for 1.2–1.8 s.")


def test_an_engine_whose_death_missed_is_no_news() -> None:
    missed = repetition({"submitted": 14, "lost": 0, "unavailable": 1.0}, faults=(fault(kind="engine_kill", missed=1),))
    assert told(temporal=missed) == "No fault landed, and temporal lost none of 14 tickets."


def test_clients_in_the_dark_about_what_was_done() -> None:
    faults = (fault(kind="answer_lost", planned=3, landed=3),)
    assert told(sync=repetition({"submitted": 8, "lost": 0, "indeterminate": 3}, faults=faults)) == (
        "When answers were lost, sync lost none of 8 tickets and left 3 client outcomes unknown."
    )


def test_an_agent_given_twice_is_no_update_lost_besides() -> None:
    figures = {"submitted": 6, "lost": 0, "lost_updates": 2, "double_assignments": 2}
    faults = (fault(kind="write_race", planned=2, landed=2),)
    assert told(none=repetition(figures, faults=faults, counted_twice={"lost_updates": 2})) == (
        "When writers met, none lost none of 6 tickets and gave 2 agents to two tickets at once."
    )


def test_messages_that_were_due_and_never_sent_are_told_for_all_tickets() -> None:
    assert told(sync=repetition(SYNC | {"effects_missing": 1, "effects_unsent": 7})) == (
        "When a worker died, sync lost 4 of 40 tickets and left 7 messages unsent."
    )


def test_what_was_under_way_when_a_run_was_interrupted_is_not_lost() -> None:
    cut = repetition({"submitted": 61, "effects_duplicated": 1}, whole=False, tickets={"under_way": tuple(range(45))})
    assert story(result(status="interrupted", systems={"sync": SystemResult({}, (cut,))})) == (
        "The run was interrupted; as far as it got, when a worker died, sync had sent 1 message again; "
        "in sync 45 of 61 tickets were under way when it was interrupted: nothing is judged of them."
    )


def test_repetitions_before_the_one_that_was_cut_short_are_told_as_ever() -> None:
    cut = repetition({"submitted": 40}, whole=False, tickets={"under_way": (1, 2)}, faults=())
    said = story(result(status="broken", systems={"sync": SystemResult({}, (sync(), cut))}))
    assert said == (
        "The run was broken; as far as it got, when a worker died, sync lost 4 of 40 tickets; "
        "in sync 2 of 40 tickets were under way when it broke off: nothing is judged of them."
    )


def test_an_overloaded_system_is_told_with_what_it_was_offered() -> None:
    busy = sync(checks=(CheckResult("headroom", "overloaded", "offered 3.3/s, served 1.2/s"),))
    assert told(sync=busy) == (
        "When a worker died, sync lost 4 of 40 tickets; sync offered 3.3/s, served 1.2/s: its times measure the queue."
    )
    hot = sync(checks=(CheckResult("headroom", "overloaded", "host CPU 97 %"),))
    assert told(sync=hot).endswith("; sync was overloaded (host CPU 97 %): its times measure the queue.")


def test_no_system_at_all() -> None:
    assert story(result(systems={})) == "No system was run, so nothing can be said."


def test_what_a_deploy_did_and_that_faults_for_other_columns_say_nothing_of_this_one() -> None:
    faults = (fault(kind="deploy", landed=1), fault(kind="deploy", planned=0, not_applicable=1))
    found = {"submitted": 10, "lost": 0, "wedged": 2, "mixed_paths": 1, "wrong_results": 3}
    assert told(temporal=repetition(found, faults=faults)) == (
        "When a release was deployed, temporal lost none of 10 tickets, left 2 tickets wedged, walked 1 ticket by two "
        "releases at once and answered 3 calls with another's result."
    )
