"""The counts of a page: each leads to what makes it, and what is left out is counted."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.catalogue import CATALOGUE, TABLE
from harness.comparing.aggregate import aggregates
from harness.explaining.breakdown import unfold
from harness.explaining.timeline import MOST_ROWS, UNFOLDED, Picture, picture
from harness.history.model import History
from harness.judging.repetition import evidence_of
from harness.planning.plan import Plan
from harness.report.page import unfolded
from harness.report.page.ticket_sections import CLASSES
from harness.report.page.unfolded import EVERYTHING, Count, Line, Part, counts
from harness.runfolder.meta import Meta, write_meta
from harness.runfolder.result import Result, SystemResult
from tests.support import histories
from tests.support.histories import KILL, SPARE, carry_on, healthy, judged, kill, plan, rest_of, survived
from tests.support.reports import rendering
from tests.support.results import result

render = rendering("html")

LABEL = "a column; of mine"
COUNTS = [name for group in TABLE.values() for name in group if CATALOGUE[name].unit == "count"]


def seen(made: Plan, *of: History, stories: int = 10) -> tuple[Result, dict[str, dict[int, Picture]]]:
    """Return what a page is made of: a column of these repetitions."""
    drawn = {number: picture(evidence_of(made, one, "sync"), stories) for number, one in enumerate(of, start=1)}
    repetitions = tuple(judged(made, one) for one in of)
    column = SystemResult({"system": "sync"}, repetitions, aggregates(repetitions))
    return msgspec.structs.replace(result(), systems={LABEL: column}), {LABEL: drawn}


def page(folder: Path, made: Plan, *of: History) -> str:
    write_meta(folder, Meta(1, "x", 36, len(of), (LABEL,), "0" * 64, {}, 0.0, "complete"))
    return render(*seen(made, *of), folder)


def count(name: str, made: Plan, *of: History, stories: int = 10) -> Count:
    (found,) = (one for one in counts(*seen(made, *of, stories=stories))[LABEL] if one.metric == name)
    return found


def lost_one(made: Plan) -> History:
    history = healthy(made)
    kill(history)
    carry_on(made, history, 3, "assign_agent", 55)
    return history


def again_and_again(made: Plan, times: int) -> History:
    """Let ticket 4 close so many times more than it should."""
    history = healthy(made)
    one, path = rest_of(made, 4, "close_ticket")
    for n in range(times):
        made_again = histories.attempt(history, one.number, path[0], SPARE, 100 + n)
        made_again.ended, made_again.result = made_again.started, path[0].result
    histories.in_order(history)
    return history


def doubly_assigned(made: Plan) -> History:
    history = healthy(made)
    (assigns,) = histories.tries(history, 3, "assign_agent")
    holds = next(row for row in history.audit if (row.table, row.value) == ("agents", "2"))
    histories.write(history, "agents", holds.row, assigns.id, (holds.at - histories.LOAD_NS) / histories.MS + 1, "3")
    histories.in_order(history)
    return history


def test_every_count_of_the_comparison_leads_to_tickets_to_rows_or_to_the_command_that_lists_all() -> None:
    assert sorted([*CLASSES, *UNFOLDED, *EVERYTHING]) == sorted(COUNTS)


@pytest.mark.parametrize("of", [healthy, survived, lost_one, doubly_assigned])
def test_a_count_is_a_link_unless_it_is_zero_and_no_link_leads_nowhere(
    tmp_path: Path, of: Callable[[Plan], History]
) -> None:
    made = plan(tmp_path, KILL)
    text, metrics = page(tmp_path, made, of(made)), judged(made, of(made)).metrics
    cells = dict(re.findall(r'<th scope="row" title="[^"]*">(\w+)</th><td>(.*?)</td>', text))
    linked = {name for name in cells if "<a " in cells[name]}
    assert linked == {name for name in COUNTS if metrics.get(name)}
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', text)) <= set(ids)


def test_a_count_has_its_rows_with_their_records_and_the_stories_of_their_tickets(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    (row,) = unfold("retries", evidence_of(made, survived(made), "sync"))
    assert count("retries", made, survived(made)) == Count(
        anchor="retries-a_20_column_3b__20_of_20_mine",
        metric="retries",
        value="1",
        meaning="attempts beyond the first of each step instance",
        parts=(
            Part(
                repetition=1,
                lines=(
                    Line(
                        ticket="T-0001",
                        story="a_20_column_3b__20_of_20_mine-1-1",
                        text=row.text.removeprefix("T-0001 "),
                        source=row.source,
                    ),
                ),
                left_out=0,
                command="chaos explain RUN 'a column; of mine.retries'",
            ),
        ),
    )


def test_a_row_whose_ticket_has_no_story_on_the_page_leads_to_none(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    ((line,),) = (part.lines for part in count("retries", made, survived(made), stories=0).parts)
    assert (line.ticket, line.story) == ("T-0001", "")


def test_a_write_that_gave_an_agent_twice_is_a_row(tmp_path: Path) -> None:
    made = plan(tmp_path)
    ((line,),) = (part.lines for part in count("double_assignments", made, doubly_assigned(made)).parts)
    assert line.ticket == "T-0003"
    assert re.fullmatch(r"audit row \d+", line.source)


def test_each_repetition_has_its_rows_and_says_how_many_more_there_are(tmp_path: Path) -> None:
    made = plan(tmp_path)
    few, many = again_and_again(made, 2), again_and_again(made, MOST_ROWS + 5)
    found = count("retries", made, few, healthy(made), many)
    told = [(one.repetition, len(one.lines), one.left_out, one.command.partition("mine.")[2]) for one in found.parts]
    assert told == [(1, 2, 0, "retries' --repetition 1"), (3, MOST_ROWS, 5, "retries' --repetition 3")]
    assert found.value.startswith(f"{2 + MOST_ROWS + 5} ")
    assert "and 5 more: <code>chaos explain RUN" in page(tmp_path, made, few, healthy(made), many)


def test_a_page_of_very_many_counts_shows_fewer_rows_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(tmp_path)
    monkeypatch.setattr(unfolded, "PAGE_ROWS", 7)
    found = count("retries", made, again_and_again(made, 9), again_and_again(made, 3))
    assert [(len(one.lines), one.left_out) for one in found.parts] == [(3, 6), (3, 0)]
    monkeypatch.setattr(unfolded, "PAGE_ROWS", 1)
    found = count("retries", made, again_and_again(made, 9), again_and_again(made, 3))
    assert [(len(one.lines), one.left_out) for one in found.parts] == [(1, 8), (1, 2)]


def test_how_soon_tickets_recovered_has_a_heading_only_where_a_fault_hit_one(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    assert "How soon tickets hit by a fault" not in page(tmp_path, made, healthy(made))
    assert "How soon tickets hit by a fault" in page(tmp_path, made, survived(made))
