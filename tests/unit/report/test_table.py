import re
import unicodedata
from functools import partial

import pytest
from click import unstyle

from harness.catalogue import CATALOGUE, HEADLINES, TABLE
from harness.runfolder.result import CheckResult, Judged, Result, ScenarioName, SystemResult
from tests.support.reports import line, rendering
from tests.support.results import TEMPORAL, expectation, fault, repetition, result, sync, temporal

render = rendering("table")

full = partial(render, is_full=True)
"""The page with a row for every metric, under the metrics' own names."""

HOSTILE = "\x1b[2J\x1b[31mall\tgood\r\nverdict pass\u202egnp.exe\u200b\x07"


def test_every_metric_but_the_experiments_has_a_row() -> None:
    rows = [name for names in TABLE.values() for name in names]
    assert sorted(rows) == sorted(one.name for one in CATALOGUE.values() if one.group != "experiment")
    assert all(CATALOGUE[name].group == group for group, names in TABLE.items() for name in names)


def test_the_page_comes_in_its_order() -> None:
    page = render(result(), folder="reports/x")
    order: tuple[str, ...] = (
        "verdict pass: 1 of 1 expectations hold · worker-kill · seed 42 · 1 repetition",
        "When a worker died",
        "tickets lost ",
        "columns differ",
        "for temporal over sync: ",
        "lost by sync",
        "1 worker_kill",
        "8 checks valid",
    )
    order += ("pass    temporal.lost == 0", "evidence: reports/x")
    places = [page.index(line(page, start)) for start in order]
    assert places == sorted(places)


def test_columns_stand_side_by_side_with_units() -> None:
    page = full(result())
    assert line(page, "lost ").split() == ["lost", "4", "0"]
    assert line(page, "peak_rss").split() == ["peak_rss", "180", "MB", "512", "MB"]
    assert line(page, "throughput").split() == ["throughput", "18.4", "/s", "11.4", "/s"]


def test_a_recovery_time_shows_what_it_follows_from() -> None:
    assert "10.2 s ← start-to-close 10 s" in line(full(result()), "resume_p95")
    assert "² follows from start-to-close 10 s, engine timer shift 1 s" in full(result())


def test_what_never_happened_is_no_number() -> None:
    page = full(result())
    assert "∞ (never) ¹" in line(page, "recovery_p50")
    assert line(page, "¹ never")


def test_an_absent_figure_is_a_dash_with_its_reason() -> None:
    lacking = sync(absent={"engine_cpu_seconds": "this system has no engine"})
    page = full(result(systems={**result().systems, "sync": SystemResult({}, (lacking,))}))
    mark = line(page, "engine_cpu_seconds").split()[2]
    assert line(page, "engine_cpu_seconds").split()[1] == "–"
    assert line(page, f"{mark} this system has no engine")


def test_rows_that_say_nothing_are_left_out() -> None:
    page = full(result())
    assert "stale_writes" not in page
    assert "races" not in page
    assert line(page, "effects_missing").split() == ["effects_missing", "0", "0"]


def test_only_what_differs_between_columns_is_named() -> None:
    said = line(render(result()), "columns differ in")
    assert said == "columns differ in: system sync | temporal; profile – | default; retries 0 | –"


def test_a_safeguard_beside_its_absence_is_named() -> None:
    columns = {
        "with": SystemResult({"system": "sync", "safeguards": {"idempotency": True}}, (sync(),)),
        "without": SystemResult({"system": "sync", "safeguards": {"idempotency": False}}, (sync(),)),
    }
    assert "columns differ in: safeguards.idempotency on | off" in render(result(systems=columns))


def test_repetitions_are_summed_or_ranked() -> None:
    many = (
        repetition(TEMPORAL | {"lost": 0, "resume_p50": 0.8}),
        repetition(TEMPORAL | {"lost": 2, "resume_p50": 1.2}),
    )
    page = full(result(systems={"temporal": SystemResult({}, many)}))
    assert line(page, "lost ").split(maxsplit=1)[1] == "2 (worst 2, in 1 of 2)"
    assert line(page, "finished").split(maxsplit=1)[1] == "80 (40 each)"
    assert line(page, "resume_p50").split(maxsplit=1)[1] == "1.0 s (0.80 … 1.2 s)"


def test_a_repetition_that_never_resumed_is_the_worst() -> None:
    never = repetition(TEMPORAL | {"resume_p50": None}, censored=("resume_p50",))
    page = full(result(systems={"temporal": SystemResult({}, (temporal(), never))}))
    assert "∞ (never) (0.93 s … ∞ (never))" in line(page, "resume_p50")


def test_lost_tickets_are_named() -> None:
    assert line(render(result()), "lost by sync") == "lost by sync: T-0004, T-0007, T-0012, T-0031"
    many = sync(tickets={"lost": tuple(range(1, 31))})
    assert "T-0008 and 22 more" in render(result(systems={"sync": SystemResult({}, (many,))}))


def test_a_fault_that_missed_says_why() -> None:
    missed = temporal(faults=(fault(missed=1, notes=("1.1: no worker was busy within 2 s",)),))
    page = render(result(systems={"temporal": SystemResult({}, (missed,))}))
    assert "0 of 1 landed, 1 missed" in line(page, "1 worker_kill")
    assert line(page, "fault 1 missed") == "fault 1 missed (1) on temporal: 1.1: no worker was busy within 2 s"


def test_a_fault_that_was_not_yet_due_when_the_run_ended_is_said_to_be_just_that() -> None:
    undue = temporal(faults=(fault(planned=1, notes=("1.1: the run ended before its moment came",)),))
    page = render(result(systems={"temporal": SystemResult({}, (undue,))}, status="interrupted", problem="SIGINT"))
    assert "0 of 1 landed, 1 not yet due" in line(page, "1 worker_kill")
    assert line(page, "fault 1") == "fault 1 not yet due (1) on temporal: 1.1: the run ended before its moment came"
    assert "missed" not in page


def test_a_fault_that_a_system_cannot_take_is_not_applicable() -> None:
    other = temporal(faults=(fault(planned=0, not_applicable=1),))
    assert line(render(result(systems={"temporal": SystemResult({}, (other,))})), "1 worker_kill").endswith("n/a")


def test_only_checks_that_are_not_valid_take_a_line_each() -> None:
    broken = temporal(checks=(CheckResult("healed", "unknown", "later"), CheckResult("exposure", "invalid", "nobody")))
    page = render(result(systems={"temporal": SystemResult({}, (broken,))}))
    assert page.index("INVALID exposure on temporal: nobody") < page.index("unknown healed on temporal: later")
    assert page.count("nobody") == page.count("later") == 1
    assert line(page, "0 of 2") == "0 of 2 checks valid, the others as said above"


def test_expectations_show_the_values_they_were_judged_on() -> None:
    late = expectation(
        "temporal.recovery_p95 < 10s",
        "fail",
        Judged("temporal", 1, None, "<", 10.0, "fail", "censored: some never came"),
    )
    page = render(result(expectations=(late,)))
    assert "FAIL    temporal.recovery_p95 < 10s   [temporal – < 10.0 s FAIL (censored: some never came)]" in page


def test_a_line_that_does_not_apply_is_printed() -> None:
    skipped = expectation(
        "lost == 0", "unknown", Judged("sync", 1, None, "==", None, "n/a", "no fault applies to sync")
    )
    assert "[n/a on sync: no fault applies to sync]" in render(result(expectations=(skipped,)))


def test_without_expectations_nothing_was_judged() -> None:
    page = render(result(expectations=()))
    assert "nothing was judged: the scenario has no `expect`" in page
    assert "verdict pass: nothing was judged" in page


def test_a_broken_run_says_so_first() -> None:
    page = render(result(status="broken", problem="the engine did not start", verdict="unknown"))
    assert page.splitlines()[0].startswith("verdict unknown: ")
    assert page.split("\n\n")[1] == "BROKEN: the engine did not start"


def test_what_a_run_that_ended_early_leaves_unknown_is_told_once_and_below() -> None:
    judged = Judged("temporal", 1, None, "==", None, "unknown", "temporal did not complete it")
    unknown = expectation("temporal.lost == 0", "unknown", judged)
    page = render(result(expectations=(unknown,), status="interrupted", problem="interrupted; all is undone"))
    assert page.split("\n\n")[1] == "INTERRUPTED: all is undone"
    assert page.count("temporal.lost == 0") == 1
    assert "[temporal – == – unknown (temporal did not complete it)]" in page


def test_a_system_that_was_not_run_keeps_its_column() -> None:
    page = full(result(systems={**result().systems, "temporal": SystemResult({}, ())}))
    assert line(page, "lost ").split()[:3] == ["lost", "4", "–"]
    assert "was not run" in page


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_no_width_hides_a_figure(width: int) -> None:
    def tokens(text: str) -> set[str]:
        figures = re.sub(r"[a-z]_p\d+", "", text)  # the metrics' own names go where there is no room
        return set(re.findall(r"\d+(?:\.\d+)?", figures))

    assert tokens(render(result(), width=width)) == tokens(render(result()))


def test_a_narrow_page_deals_its_columns_out() -> None:
    page = render(result(), width=36)
    assert max(map(len, page.splitlines())) <= 36
    assert len(re.findall(r"^tickets lost ", page, flags=re.MULTILINE)) == 2


def hostile() -> Result:
    bad = fault(name=HOSTILE, kind=HOSTILE, missed=1, notes=(HOSTILE,))
    worst = temporal(
        faults=(bad,),
        checks=(CheckResult(HOSTILE, "invalid", HOSTILE),),
        notes={"resume_p50": HOSTILE, "resume_p95": HOSTILE * 99},
        absent={"lost": HOSTILE},
        metrics=TEMPORAL | {"submitted": 1},
    )
    return result(
        scenario=ScenarioName(HOSTILE, HOSTILE * 1000),
        systems={
            HOSTILE: SystemResult({HOSTILE: HOSTILE, "system": HOSTILE}, (worst,)),
            "b": SystemResult({}, (worst,)),
        },
        expectations=(expectation(HOSTILE, "fail", Judged(HOSTILE, 1, 1, "==", 2, "fail", HOSTILE)),),
        status="broken",
        problem=HOSTILE,
        verdict="fail",
    )


@pytest.mark.parametrize("width", [None, 50])
def test_hostile_text_cannot_move_the_cursor_or_turn_the_line_round(width: int | None) -> None:
    page = render(hostile(), width=width, folder=HOSTILE)
    assert {unicodedata.category(sign) for sign in page} & {"Cc", "Cf", "Zl", "Zp"} == {"Cc"}
    assert {sign for sign in page if unicodedata.category(sign) == "Cc"} == {"\n"}
    assert not [one for one in page.splitlines() if one.startswith("verdict pass")]


def test_colour_is_only_for_those_who_ask() -> None:
    assert "\x1b[" not in render(result())
    page = render(result(), color=True)
    assert "\x1b[1;32mverdict pass\x1b[0m: 1 of 1" in page
    assert unstyle(page) == render(result())


def in_doubt() -> Result:
    unsure = temporal(
        checks=(CheckResult("healed", "unknown", "later"),),
        faults=(fault(missed=1, notes=("1.1: nobody was busy",)),),
    )
    unknown = expectation("temporal.lost == 0", "unknown", Judged("temporal", 1, None, "==", 0, "unknown"))
    return result(systems={"temporal": SystemResult({}, (unsure,))}, expectations=(unknown,), verdict="unknown")


def test_what_is_in_doubt_stands_first() -> None:
    verdict, doubts, figures, *_ = render(in_doubt()).split("\n\n")
    assert verdict.startswith("verdict unknown: 0 of 1 expectations hold, 1 unknown, 1 check unknown")
    assert doubts.splitlines() == [
        "in doubt, so read the rest with care:",
        "unknown healed on temporal: later",
        "unknown temporal.lost == 0   [temporal – == 0 unknown]",
        "fault 1 missed (1) on temporal: 1.1: nobody was busy",
    ]
    assert "tickets lost" in figures


def test_of_many_doubts_the_first_stand_above_and_the_others_below() -> None:
    checks = tuple(CheckResult(f"check-{number}", "unknown", "why") for number in range(20))
    page = render(result(systems={"temporal": SystemResult({}, (temporal(checks=checks),))}))
    _, first, *others = page.split("\n\n")
    rest = "\n\n".join(others)
    assert first.count("unknown check-") == 8
    assert first.splitlines()[-1] == "… and 12 more, below the figures"
    assert rest.count("unknown check-") == 12


def test_a_clean_run_has_no_doubts() -> None:
    assert "in doubt" not in render(result())
    assert render(result()).startswith("verdict pass")


def test_each_doubt_is_said_once_wherever_it_is_of_several_repetitions() -> None:
    notes = tuple(f"1.{n}: nobody was busy" for n in range(1, 41))
    checks = (
        CheckResult("faults_landed", "unknown", f"40 missed: {notes[0]}"),
        CheckResult("healed", "valid", ""),
    )
    missed = temporal(checks=checks, faults=(fault(planned=40, missed=40, notes=notes),))
    page = render(result(systems={"temporal": SystemResult({}, (missed, missed, missed))}))
    assert page.split("\n\n")[1].splitlines() == [
        "in doubt, so read the rest with care:",
        "fault 1 missed (120) on temporal (all 3 repetitions): 1.1, 1.2, 1.3 and 37 more: nobody was busy",
    ]
    assert page.count("nobody was busy") == 1
    assert line(page, "1 of 2 checks") == "1 of 2 checks valid, the others as said above"


def test_an_unknown_expectation_is_told_among_the_doubts_and_named_below() -> None:
    page = render(in_doubt())
    assert page.count("[temporal – == 0 unknown]") == 1
    assert "unknown temporal.lost == 0   [as said above]" in page


def test_a_system_that_was_not_run_is_named_without_a_number() -> None:
    judged = Judged("temporal", 1, None, "==", None, "unknown", "temporal did not complete it")
    unknown = expectation("temporal.lost == 0", "unknown", judged)
    page = render(result(systems={"temporal": SystemResult({}, ())}, expectations=(unknown,)))
    assert "[temporal – == – unknown (temporal did not complete it)]" in page


# -- what decides


def test_by_default_only_what_decides_has_a_row_under_peoples_words_with_the_metrics_name_beside() -> None:
    page = render(result())
    assert line(page, "tickets lost").split() == ["tickets", "lost", "4", "0", "lost"]
    assert line(page, "messages sent again").split()[-3:] == ["0", "1", "effects_duplicated"]
    assert not re.search(r"^ *(latency_p50|cpu_seconds|submitted)\b", page, flags=re.MULTILINE)


def test_rows_that_decide_stand_in_the_order_of_their_rank() -> None:
    page = render(result())
    places = [page.index(f"\n{one.label} ") for one in HEADLINES if f"\n{one.label} " in page]
    assert len(places) >= 7
    assert places == sorted(places)


def test_every_metric_that_decides_has_a_label_and_a_rank_of_its_own() -> None:
    assert [one.headline_rank for one in HEADLINES] == list(range(1, len(HEADLINES) + 1))
    assert all(one.label for one in HEADLINES)
    assert len({one.label for one in HEADLINES}) == len(HEADLINES)
    assert not [one.name for one in CATALOGUE.values() if one.label and not one.headline_rank]


def test_harm_is_red_and_its_absence_green_and_times_are_left_to_the_reader() -> None:
    page = render(result(), color=True)
    assert re.search(r"^tickets lost +\x1b\[31m4\x1b\[0m +\x1b\[32m0\x1b\[0m", page, flags=re.MULTILINE)
    assert re.search(r"^until work goes on +\x1b\[31m∞ \(never\) ¹\x1b\[0m +0\.93 s", page, flags=re.MULTILINE)


def test_tickets_that_were_called_to_fail_are_no_harm() -> None:
    called = repetition(TEMPORAL | {"failed": 2, "unserved": 2, "failed_as_expected": 2})
    worse = repetition(TEMPORAL | {"failed": 3, "unserved": 3, "failed_as_expected": 2})
    page = render(result(systems={"a": SystemResult({}, (called,)), "b": SystemResult({}, (worse,))}), color=True)
    assert re.search(r"^handed to people +\x1b\[32m2\x1b\[0m +\x1b\[31m3\x1b\[0m", page, flags=re.MULTILINE)


def test_where_names_have_no_room_the_page_says_how_to_get_them() -> None:
    page = render(result(), width=62)
    assert "effects_duplicated" not in page
    assert line(page, "the metrics' own names").endswith("--metrics all")


def test_what_fails_stands_before_what_holds() -> None:
    found = (expectation("a == 0", "pass"), expectation("b == 0", "unknown"), expectation("c == 0", "fail"))
    page = render(result(expectations=found, verdict="fail"))
    listed = page.partition("8 checks valid\n")[2].splitlines()
    assert [one.split()[:2] for one in listed[:3]] == [["FAIL", "c"], ["unknown", "b"], ["pass", "a"]]


def test_what_another_column_gains_and_costs_takes_three_lines_at_most() -> None:
    one = result().systems
    many = {"sync": one["sync"]} | {f"t{number}": one["temporal"] for number in range(5)}
    page = render(result(systems=many))
    assert line(page, "for t0 over sync: tickets lost 4 → 0").count("against: messages sent again 0 → 1") == 1
    assert page.count("\nfor t") == 2
    assert "3 more systems are weighed in the HTML report" in page


def test_a_table_of_faults_that_is_too_wide_is_stacked() -> None:
    page = render(result(), width=50)
    assert re.search(r"^  1 worker_kill.*\n    sync      1 of 1 landed, 4 exposed$", page, flags=re.MULTILINE)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_word_is_broken_at_the_edge(width: int) -> None:
    whole = set(render(result()).split())
    assert set(render(result(), width=width).split()) - whole <= {
        "the",
        "metrics'",
        "own",
        "names,",
        "for",
        "`expect`:",
        "--metrics",
        "all",
    } | {word for word in render(result(), width=width).split() if set(word) == {"-"}}
