"""An act that was played says its figures, its price and its doubts; one that was cut short says nothing."""

from typing import Any

from harness.runfolder.result import CheckResult, ExpectationResult, Judged, SystemResult
from harness.tour.act import ActRun
from harness.tour.acts import ACTS
from harness.tour.page import render
from harness.tour.played import ONCE, PlayedAct, remarks, summary, table
from tests.support.results import result, sync, temporal


def played(code: int = 0, **changes: Any) -> PlayedAct:
    runs = [ActRun("durability", result(**changes), "reports/20260101-000000-tour-durability-0000")]
    return PlayedAct(ACTS["durability"], runs, 12.3, code)


def test_two_sentences_and_the_price_are_said() -> None:
    sentences = played().sentences()
    assert len(sentences) == 3
    assert sentences[0] == "sync lost 4 of 40 tickets; temporal lost none of 40 tickets."
    assert sentences[2].endswith("and 512 MB. The act took 12.3 s.")


def test_of_an_act_that_was_cut_short_nothing_is_said() -> None:
    cut = played(130, status="interrupted")
    assert cut.sentences() == ("The act was cut short (interrupted), so nothing is said of it.",)
    assert cut.lines() == ()


def test_an_act_that_lacks_a_run_was_cut_short() -> None:
    act = ACTS["scalability"]
    assert not PlayedAct(act, [ActRun(act.scenarios[0], result(), "reports/any")], 1.0, 130).is_whole


def test_a_clean_act_has_no_reservations() -> None:
    assert played().reservations() == ()


def test_a_failed_expectation_is_a_reservation() -> None:
    judged = Judged("temporal", 1, 2, "==", 0, "fail")
    failed = played(1, expectations=(ExpectationResult("temporal.lost == 0", 31, "fail", (judged,)),), verdict="fail")
    assert failed.reservations() == ("FAIL    temporal.lost == 0   [temporal 2 == 0 FAIL]",)


def test_a_check_that_is_not_valid_is_a_reservation() -> None:
    gap = sync(checks=(CheckResult("journal_intact", "unknown", "a line is torn"),))
    systems = {"sync": SystemResult({}, (gap,)), "temporal": SystemResult({}, (temporal(),))}
    assert played(3, systems=systems, verdict="unknown").reservations() == (
        "unknown journal_intact on sync: a line is torn",
    )


def test_the_table_has_the_lines_of_every_act_and_fits_a_narrow_terminal() -> None:
    assert table([played()], None)[2].split() == ["durability:", "tickets", "lost", "4", "0"]
    assert max(map(len, table([played()], 40))) <= 40


def test_the_summary_counts_the_acts_that_pass_of_all_that_were_asked_for() -> None:
    assert summary([played()], 1, "pass") == "verdict pass: 1 of 1 act passes"
    assert summary([played(), played(1)], 6, "fail") == "verdict fail: 1 of 6 acts pass"


def test_what_limits_the_figures_is_said_once() -> None:
    said = remarks([played(), played()])
    assert said[0] == ONCE
    assert len(said) == len(set(said)) == 2
    assert said[1].startswith("Temporal here is the dev server")


def test_the_page_has_every_sentence_and_leads_to_each_run() -> None:
    page = render([played()], "pass", "1 of 1 act passes", "report.html")
    assert "sync lost 4 of 40 tickets; temporal lost none of 40 tickets." in page
    assert 'href="20260101-000000-tour-durability-0000/report.html"' in page
    assert "<script" not in page
    assert "http:" not in page.replace("http-equiv", "")
    assert "https:" not in page


def test_what_others_wrote_is_text_on_the_page() -> None:
    page = render(
        [played(4, status="broken", problem="<img src=x onerror=alert(1)>")], "broken", "0 of 1", "report.html"
    )
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
