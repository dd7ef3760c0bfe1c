"""Orders: what is asked for by hand becomes a block of the very kinds that a scenario has."""

from typing import Any

import pytest

from harness.faults.kinds.activity_failure import ActivityFailure
from harness.faults.kinds.engine_kill import EngineKill
from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.receiver_outage import ReceiverOutage
from harness.faults.kinds.store_outage import StoreOutage
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.spec import FaultSpec
from harness.faults.triggers.when import When
from harness.live.orders import FaultOrder, Misunderstood, NextStep, block, check
from systems.desk.model import Step

AT = NextStep(7, Step.AGENT_RESOLVE, 1)
PLAIN: dict[str, Any] = {"line": 0, "name": None}


def ordered(**keys: Any) -> FaultSpec:
    order = FaultOrder(**keys)
    check(order)
    return block(order, 2.5, 4.0, AT)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"fault": "kill", "worker": 1}, WorkerKill(**PLAIN, when=When(after=2.5))),
        (
            {"fault": "kill", "worker": "all", "restart_after": "never"},
            WorkerKill(**PLAIN, when=When(after=2.5), target="all", restart_after="never"),
        ),
        (
            {"fault": "freeze", "ticket": "T-0007", "duration": "2s"},
            LongPause(**PLAIN, scope="worker", duration=2.0, when=When(after=2.5)),
        ),
        (
            {"fault": "fail", "ticket": "T-0007", "error": "hang", "duration": "1500ms"},
            ActivityFailure(**PLAIN, step=Step.AGENT_RESOLVE, visit=1, tickets=(7,), error="hang", duration=1.5),
        ),
        (
            {"fault": "silence", "ticket": "T-0007", "agents": 2},
            LongPause(**PLAIN, scope="step", step="agent_resolve", tickets=(7,), agents=2, duration=8.0),
        ),
        ({"fault": "engine", "duration": "1s"}, EngineKill(**PLAIN, when=When(after=2.5), restart_after=1.0)),
        (
            {"fault": "receiver", "delay": "1s"},
            ReceiverOutage(**PLAIN, when=When(after=2.5), duration=3.0, mode="slow", delay=1.0),
        ),
        ({"fault": "store"}, StoreOutage(**PLAIN, when=When(after=2.5), duration=3.0)),
    ],
)
def test_an_order_becomes_a_block_of_its_kind(keys: dict[str, Any], expected: FaultSpec) -> None:
    made = ordered(**keys)
    assert made == expected
    assert made.validate_keys(frozenset()) == []


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"fault": "kill"}, "kill: expected a ticket or a worker, found none"),
        ({"fault": "kill", "ticket": "T-0001", "worker": 1}, "kill: expected a ticket or a worker, found both"),
        ({"fault": "fail"}, "fail: expected a ticket, found none"),
        ({"fault": "engine", "worker": 1}, "engine: expected the keys duration; found worker"),
        ({"fault": "silence", "ticket": "T-1", "agents": 4}, "agents: expected 1 to 3, found 4"),
        ({"fault": "fail", "ticket": "T-1", "duration": "1s"}, "duration: goes with error: hang only"),
        ({"fault": "freeze", "worker": 0, "duration": "0s"}, "duration: expected more than 0s, found 0s"),
        ({"fault": "store", "duration": "26s"}, "duration: expected at most 25s, found 26s"),
        (
            {"fault": "kill", "worker": 0, "restart_after": "soon"},
            "restart_after: expected a duration with a unit, such as 500ms, 2s, 5m; found 'soon'",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(keys: dict[str, Any], found: str) -> None:
    with pytest.raises(Misunderstood) as refused:
        check(FaultOrder(**keys))
    assert str(refused.value) == found
