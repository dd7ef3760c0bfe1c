"""Every row of every figure, with its record, ticket and share, of histories in which much goes wrong.

`tests/data/rows` has them, to be read by people: a line a row, as its ticket, what it adds, its record and its words.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue import CATALOGUE
from harness.explaining.breakdown import unfold
from harness.history.model import History, Request
from harness.history.run_records import LiveAtEnd, Sample
from harness.judging.metrics.figure import Absent
from harness.judging.metrics.measure import measure_all
from harness.planning.plan import Plan
from systems.desk.path import Passage
from systems.desk.records import Conflict, HangOver
from systems.system import Wedge
from tests.support import histories
from tests.support.histories import KILL, SPARE, A, B, amended, ns
from tests.unit.judging.metrics.figures import FAILURE, failed_try
from tests.unit.judging.metrics.unfolding import evidence

DATA = Path(__file__).resolve().parents[3] / "data" / "rows"
DEPLOY = """\
faults:
  - {kind: deploy, when: {after: 62ms}, release: swap_purposes}
"""
KILLS = """\
faults:
  - {kind: worker_kill, when: {step: search_knowledge_base}}
  - {kind: worker_kill, when: {after: 62ms}}
"""


def told(made: Plan, history: History) -> str:
    """Return every figure that there is, each followed by its rows."""
    facts = evidence(made, history)
    lines = []
    for name, figure in measure_all(facts).items():
        lines.append(f"{name} = {figure.why if isinstance(figure, Absent) else figure}")
        lines += [f"  {row.ticket}, {row.adds} | {row.source} | {row.text}" for row in unfold(name, facts)]
    return "\n".join(lines) + "\n"


def numbered(history: History) -> History:
    """Give every record a number of its own, and every journal the name of its file."""
    history.journals = {
        "9-1": "harness-9-1.jsonl",
        A: f"worker-1-{A}.jsonl",
        B: f"worker-2-{B}.jsonl",
        "7-1": "supervisor-7-1.jsonl",
    }
    for name in ("submitted", "answered", "phases", "samples", "attempts"):
        records: list[Any] = getattr(history, name)
        setattr(history, name, [amended(record, seq=number) for number, record in enumerate(records, start=10)])
    history.faults_begun = {
        fault: amended(begun, seq=70 + number) for number, (fault, begun) in enumerate(history.faults_begun.items())
    }
    history.faults_ended = {
        fault: amended(ended, seq=80 + number) for number, (fault, ended) in enumerate(history.faults_ended.items())
    }
    return history


def raced(made: Plan) -> History:
    """Let tickets 1 and 4 be inserted twice, agents be given away while held, and writes go over others."""
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    (late,) = histories.tries(history, 4, "validate_resolution")
    (canary,) = histories.tries(history, -1, "close_ticket")
    histories.write(history, "agents", "S-001", close.id, 50, "4", behind=1)
    histories.write(history, "tickets", "4", late.id, 90, "open", behind=1)
    histories.write(history, "tickets", "4", close.id, 95, "open", behind=1)
    histories.write(history, "tickets", "2", "nobody", 96, "resolved", behind=1)
    histories.write(history, "tickets", "-1", canary.id, 97, "resolved", behind=1)
    histories.write(history, "agents", "R-001", close.id, 190, "2")
    histories.write(history, "agents", "S-002", close.id, 191, "", behind=1)
    for number, at in ((4, 34), (1, 36), (-1, 37)):
        first = next(row for row in history.audit if (row.table, row.row) == ("tickets", str(number)))
        history.audit.append(amended(first, id=999, at=ns(at), read_version=0))
    history.conflicts = [
        (B, Conflict(4, ns(83), "x", 4, "tickets")),
        (B, Conflict(5, ns(84), "x", -1, "tickets")),
        (A, Conflict(6, ns(85), "x", 1, "agents")),
    ]
    histories.in_order(history)
    return numbered(history)


def killed(made: Plan) -> History:
    """Kill both workers one after the other; ticket 1 goes on, 3 starts anew, 2 is given up, 4 never resumes."""
    history = histories.healthy(made)
    histories.kill(history)
    histories.carry_on(made, history, 1, "search_knowledge_base", 45)
    histories.carry_on(made, history, 3, "assign_agent", 55)
    history.faults_begun["2.1"] = amended(
        history.faults_begun["1.1"], t=ns(62), fault="2.1", procs=(B,), planned=ns(63)
    )
    histories.crash(history, B, 62, "2.1")
    history.faults_ended["2.1"] = amended(history.faults_ended["1.1"], t=ns(70), fault="2.1")
    histories.write(history, "tickets", "2", "x", 110, "manual_intervention")
    histories.answer(history, 4, 150, "info", detail="reset")
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), ())
    histories.in_order(history)
    return numbered(history)


def lost(made: Plan) -> History:
    """Let 1 be abandoned, 2 vanish though acknowledged, 3 be refused and 4 end otherwise."""
    history = histories.healthy(made)
    histories.cut(history, 1, 35)
    histories.answer(history, 1, 100, "info", detail="time-out")
    histories.cut(history, 2, 12)
    histories.submit(history, 2, n=2, at=60)
    histories.answer(history, 2, 50, "info")
    histories.answer(history, 2, 101, "ok", state="resolved")
    histories.cut(history, 3, 22)
    histories.answer(history, 3, 102, "fail")
    history.audit = [
        amended(row, value="backlog") if (row.row, row.value) == ("4", "resolved") else row for row in history.audit
    ]
    return numbered(history)


def astray(made: Plan) -> History:
    """Send messages twice, to nobody's call, and not at all."""
    history = histories.healthy(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    (close,) = histories.tries(history, 1, "close_ticket")
    for at in (90, 91):
        histories.send(history, notify, "solution", at, nth=2)
    histories.send(history, notify, "solution", 92, applied=False)
    histories.send(history, close, "nobody", 93)
    history.ledger = [entry for entry in history.ledger if (entry.ticket, entry.step) != (2, "notify_customer")]
    (skipped,) = histories.tries(history, 1, "validate_resolution")
    history.audit = [row for row in history.audit if row.writer != skipped.id]
    return numbered(history)


def retried(made: Plan) -> History:
    """Let steps fail and work at last, fail for good, and be done again though they had worked."""
    history = histories.healthy(made)
    for at in (40, 45):
        failed_try(history, 4, "search_knowledge_base", at)
    failed_try(history, 1, "close_ticket", 20)
    (close,) = histories.tries(history, 2, "close_ticket")
    history.attempts.append(amended(close, id="again", started=ns(100), ended=ns(103)))
    history.attempts.append(amended(close, id="dead", ticket=3, step="note", started=ns(101), ended=None, result=None))
    histories.crash(history, A, 120)
    histories.cut(history, 4, 50)
    return numbered(history)


def costly(made: Plan) -> History:
    """Take samples of workers and an engine, before, in and after the load, in part of which all was paused."""
    history = histories.healthy(made)
    history.phases += [msgspec.structs.replace(history.phases[-1], t=ns(at), name=name) for at, name in IDLE]
    history.samples = [
        Sample(0, ns(-2000), {"worker": 0.1}, {"worker": 9000}, 0, 0, 1.0, 10.0),
        Sample(0, ns(-1), {"worker": 1.0, "engine": 2.0}, {"worker": 100, "engine": 50}, -2, 0, 2.0, 20.0),
        Sample(
            0, ns(40), {"worker": 2.0, "engine": 5.0, "harness": 1.0}, {"worker": 1200, "engine": 70}, 4, 4, 3.0, 21.0
        ),
        Sample(0, ns(90), {"worker": 2.25, "engine": 5.5}, {"worker": 210, "receiver": 9999}, 2, 2, 4.0, 22.0),
        Sample(0, ns(160), {"worker": 2.5, "engine": 5.75}, {"engine": 30}, 2, 1, 5.0, 23.0),
        Sample(0, ns(201), {"worker": 3.5, "engine": 6.0, "harness": 2.0}, {}, 0, 0, 8.0, 28.0),
        Sample(0, ns(300), {"worker": 3.6, "engine": 6.1, "harness": 2.5}, {"worker": 99999}, 0, 0, 9.0, 29.0),
        Sample(0, ns(400), {"worker": 3.8, "engine": 6.2, "harness": 2.5}, {"worker": 99999}, 0, 0, 9.0, 30.0),
    ]
    return numbered(history)


IDLE = ((250, "idle"), (450, "export"))


def struck(made: Plan) -> History:
    """Let the last step of ticket 4 fail for good, and that of ticket 1 hang before it goes on."""
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "permanent")
    histories.write(history, "tickets", "4", close.id, 90, "manual_intervention")
    (held,) = histories.tries(history, 1, "close_ticket")
    histories.strike(history, held, "2.1", "hang")
    history.hangs_over.append((A, HangOver(33, ns(120), "2.1", held.id)))
    held.ended, held.result, held.error = ns(122), "resolved", None
    histories.write(history, "tickets", "1", held.id, 121, "resolved")
    histories.in_order(history)
    return numbered(history)


def deployed(made: Plan) -> History:
    """Roll a release out over tickets 1 and 4: the first goes on with a mixed path, the other stands still."""
    history = histories.healthy(made)
    for number in (1, 4):
        histories.cut(history, number, 70 if number == 4 else 39)
    histories.roll_out(history, "swap_purposes", 71)
    one, rest = histories.rest_of(made, 1, "validate_resolution")
    again = Passage("notify_customer", 2, "solution", "done")
    history.requests.append(Request("13-1/r9", SPARE, 1, ns(79), ns(110)))
    end = histories.walk(history, one, (rest[0], again, rest[1]), SPARE, 80)
    histories.answer(history, 1, end, "ok", state=one.oracle.end)
    history.wedges = [Wedge(4, ns(72), ns(75), "another step"), Wedge(4, ns(82), None, "one step more")]
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), (), wedged=(4,))
    histories.in_order(history)
    return numbered(history)


HANGS = "  - {kind: activity_failure, step: close_ticket, tickets: [1], error: hang, duration: 1s}\n"
STORIES: dict[str, tuple[Callable[[Plan], History], str]] = {
    "raced": (raced, ""),
    "killed": (killed, KILLS),
    "lost": (lost, ""),
    "astray": (astray, ""),
    "retried": (retried, ""),
    "costly": (costly, ""),
    "struck": (struck, FAILURE.format(step="close_ticket", ticket=4, error="permanent") + HANGS),
    "deployed": (deployed, DEPLOY),
    "never struck": (histories.healthy, KILL),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_row_of_a_story_is_as_written_down(tmp_path: Path, name: str) -> None:
    story, rest = STORIES[name]
    made = histories.plan(tmp_path, rest)
    assert told(made, story(made)) == (DATA / f"{name.replace(' ', '-')}.txt").read_text(encoding="utf-8")


def test_every_figure_is_in_some_story() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in DATA.glob("*.txt"))
    assert [name for name in CATALOGUE if f"\n{name} = " not in f"\n{text}"] == []
