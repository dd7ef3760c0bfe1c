"""What systems do to their machine and to the harness, and how a run with each of them has to end."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.bad_luck import Ending, run_badly

INSTALLED = {"PYTHONPATH": str(Path(__file__).with_name("installed"))}
"""The environment of a program for which these systems are installed."""
QUOTED = "    | "
"""How a line of a process's log begins where an error shows the last ones."""
MOST_RSS_BYTES = 250_000_000
MOST_DISK_BYTES = 900_000_000
"""A flood is noticed a tenth of a second late; what is left of it when the run has ended is far less."""
MOST_LEFT_DISK_BYTES = 25_000_000
SCENARIO = """
name: unlucky
load: {{tickets: 8, arrival: {{rate: 20/s}}, priorities: {{medium: 1}}, timeout: 3s}}
desk: {{step_time: 20ms}}
systems: {{one: {{system: {slug}, processes: 1{keys}}}}}
{faults}
settle: 4s
expect: ["one.lost == 0", "one.unserved == 0"]
"""
STRUCK = "restart_after: 200ms, when: {step: agent_investigate, occurrence: 2}"
TERM = f"faults: [{{kind: worker_kill, signal: TERM, grace: 500ms, {STRUCK}}}]"
KILL = f"faults: [{{kind: worker_kill, {STRUCK}}}]"


@dataclass(frozen=True, slots=True)
class Case:
    """A system that behaves badly. `codes` are the exit codes that are right, `says` what the error says for code 4."""

    slug: str
    does: str
    codes: frozenset[int]
    says: str = ""
    faults: str = ""
    harm: str = ""
    deadline_s: float = 40.0

    @property
    def name(self) -> str:
        return f"{self.slug}: {self.harm}" if self.harm else self.slug

    def run(self, folder: Path) -> Ending:
        keys = f", harm: {json.dumps(self.harm)}" if self.harm else ""
        text = SCENARIO.format(slug=self.slug, keys=keys, faults=self.faults)
        return run_badly(folder, text, self.deadline_s, INSTALLED)


def complaints(case: Case, ending: Ending) -> list[str]:
    """Say what is wrong with how a run ended; nothing where all is as it should be."""
    # Not what it quotes of a system's own log, which may end as its writer did.
    said = (ending.out.replace("\\n", "\n") + ending.err).splitlines()  # a result has its error on one line
    words = "\n".join(line for line in said if not line.startswith(QUOTED))
    found = {
        f"it had not ended after {case.deadline_s:g} s": ending.code is None,
        f"it left with {ending.code}, expected {sorted(case.codes)}": ending.code not in case.codes,
        f"a traceback was printed: {words[-500:]}": "Traceback" in words,
        f"the error does not say {case.says!r}: {ending.err[-500:]}": (
            ending.code == 4 and re.search(case.says or "^error: .", ending.err, re.MULTILINE) is None
        ),
        f"it left {', '.join(ending.left)}": bool(ending.left),
        f"the harness took {ending.peak_rss_bytes} bytes of memory": ending.peak_rss_bytes > MOST_RSS_BYTES,
        f"the run took {ending.peak_disk_bytes} bytes of disk": ending.peak_disk_bytes > MOST_DISK_BYTES,
        f"{ending.disk_bytes} bytes of disk stay": ending.disk_bytes > MOST_LEFT_DISK_BYTES,
    }
    return [complaint for complaint, is_so in found.items() if is_so]


def _harm(harm: str, *codes: int, says: str = "") -> Case:
    return Case("harms-the-record", f"{harm}, in the run's own folder", frozenset(codes), says, harm=harm)


CASES: Mapping[str, Case] = {
    case.name: case
    for case in (
        Case("never-ready", "never says that it is ready", frozenset({4}), "worker 0 .* was not ready within 30 s"),
        Case(
            "hangs-at-start",
            "never comes back from its start, inside the harness",
            frozenset({4}),
            r"one: its start\(\) did not come back",
            deadline_s=150,
        ),
        Case(
            "hangs-when-asked",
            "never comes back from a submission or a question, inside the harness",
            frozenset({4}),
            r"one: its ticket_status\(\) did not come back",
            deadline_s=100,
        ),
        Case("hangs-at-work", "takes every ticket, and never answers", frozenset({1})),
        Case("hangs-at-drain", "hangs when it is told to leave", frozenset({0}), faults=TERM),
        Case("ignores-sigterm", "ignores SIGTERM", frozenset({0}), faults=TERM),
        Case("forks", "leaves children behind, also in sessions of their own", frozenset({1}), faults=KILL),
        Case("floods-its-log", "prints a gigabyte in one line", frozenset({0})),
        Case("answers-at-length", "answers with 100 MB", frozenset({0, 1})),
        Case("talks-nonsense", "says what nobody understands, without an end", frozenset({4}), "worker 0 .* ended"),
        _harm("a note of its own", 0),
        _harm("the card overwritten", 0),
        _harm("junk in the journals", 3),
        _harm("a forged journal", 3),
        _harm("a pipe as a journal", 3),
        _harm("a folder as a journal", 3),
        _harm("300 MB as a journal", 3),
        _harm("its journal cut", 1, 3),
        _harm("the harness's journal cut", 1, 3),
        _harm("the supervisor's journal gone", 1, 3),
        _harm("the ledger gone", 4, says="the record was damaged while it ran: .*ledger"),
        _harm("the ledger cut", 1, 3),
        _harm("the store cut", 1, 3, 4),
        _harm("the store gone", 1, 4, says="the record was damaged while it ran: .*store"),
        _harm("the plan changed", 4, says="the record was damaged while it ran: .*not the plan that was run"),
        _harm("the whole run gone", 4, says="cannot write the run's folder"),
    )
}
