"""A run that ended early, against literal histories: nothing is judged of a ticket that was under way."""

import pytest

from harness.history.model import History
from harness.history.run_records import Phase
from harness.judging.metrics.measure import OPEN_ENDED
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import judged, ns
from tests.unit.judging.metrics.figures import HEALTHY
from tests.unit.judging.metrics.unfolding import evidence, not_made

WHY = "the run ended early: 2 tickets were under way"


def interrupted(made: Plan, at: float = 68) -> History:
    """Stop a run while tickets 3 and 4 are walked."""
    history = histories.healthy(made)
    for number in (3, 4):
        histories.cut(history, number, at)
    history.phases = [one for one in history.phases if one.t < ns(at)] + [Phase(0, ns(at), "interrupted")]
    history.at_end = None
    return history


def test_what_was_under_way_is_not_lost(made: Plan) -> None:
    repetition = judged(made, interrupted(made))
    assert repetition.tickets == {"under_way": (3, 4)}
    assert not repetition.whole
    assert {name for name, why in repetition.absent.items() if why == WHY} == OPEN_ENDED
    assert "lost" in OPEN_ENDED


def test_what_had_already_happened_stands(made: Plan) -> None:
    history = interrupted(made)
    (told,) = histories.tries(history, 1, "notify_customer")
    histories.send(history, told, "solution", 60)
    metrics = judged(made, history).metrics
    assert [metrics[name] for name in ("submitted", "finished", "failed", "effects_duplicated")] == [4, 2, 0, 1]
    assert {"attempts", "retries", "lost_updates", "double_assignments", "faults_landed", "exposed"} <= metrics.keys()


def test_rows_make_no_figure_that_depends_on_what_was_under_way(made: Plan) -> None:
    assert not_made(evidence(made, interrupted(made))) == []


@pytest.mark.parametrize("name", ["interrupted", "failed"])
def test_where_every_ticket_had_ended_nothing_is_absent(made: Plan, name: str) -> None:
    history = histories.healthy(made)
    history.phases = [one for one in history.phases if one.name in {"canary", "load", "settle"}]
    history.phases.append(Phase(0, ns(160), name))
    repetition = judged(made, history)
    assert {one: repetition.metrics.get(one) for one in HEALTHY if one != "drain"} == {
        one: figure for one, figure in HEALTHY.items() if one != "drain"
    }
    assert repetition.absent["drain"] == "the run did not become quiet"
