"""What happens to the harness itself leaves nothing behind, a record that can be read, and the right exit code."""

import contextlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.support.chaos import Ran, chaos
from tests.support.disks import CAN_MOUNT, mounted
from tests.trust.kills.deeds import DEEDS, VERDICTS, Deed
from tests.trust.kills.moments import MOMENTS, RUNNING, Moment, run_folders
from tests.trust.kills.running import RunUnderWay, under_way
from tests.trust.kills.workloads import SYSTEMS, WORKLOADS, Workload
from tests.trust.part import Outcome

PLANNED: dict[str, dict[str, Sequence[str]]] = {
    "kill -9 of the harness": {
        "worker stopped": ("before all is up", "during the fault"),
        "engine killed": ("during the fault", "exporting"),
        "tickets paused": ("during the fault", "writing reports"),
        "PostgreSQL": ("before all is up", "under load"),
        "two repetitions": ("between systems",),
        "a suite": ("during the fault",),
    },
    "kill -9 of its supervisor": {
        "worker stopped": ("before all is up", "during the fault", "settling"),
        "engine killed": ("during the fault",),
        "receiver out": ("at the canaries",),
        "PostgreSQL": ("under load",),
        "a suite": ("under load",),
    },
    "kill -9 of one run of a suite": {"a suite": ("during the fault",)},
    "SIGTERM": {
        "worker stopped": ("as it begins", "during the fault", "judging"),
        "receiver out": ("exporting",),
        "PostgreSQL": ("before all is up",),
        "a suite": ("under load",),
    },
    "SIGINT": {
        "worker stopped": ("before all is up", "during the fault"),
        "engine killed": ("during the fault",),
        "tickets paused": ("during the fault", "writing reports"),
        "PostgreSQL": ("during the fault",),
        "two repetitions": ("between systems",),
        "a suite": ("during the fault",),
    },
    "SIGINT twice within 50 ms": {
        "worker stopped": ("as it begins", "during the fault", "judging"),
        "engine killed": ("during the fault",),
        "tickets paused": ("exporting",),
        "PostgreSQL": ("under load",),
        "a suite": ("during the fault",),
    },
    "SIGHUP": {
        "worker stopped": ("during the fault", "judging"),
        "receiver out": ("settling",),
        "a suite": ("under load",),
    },
    "the terminal is closed": {"worker stopped": ("during the fault",), "engine killed": ("judging",)},
    "the terminal is closed, SIGHUP ignored": {"receiver out": ("during the fault",)},
    "SIGSTOP, and SIGCONT 3 s later": {
        "worker stopped": ("at the canaries", "during the fault"),
        "engine killed": ("during the fault",),
    },
    "the disk is filled up": {
        "worker killed": ("as it begins", "under load", "during the fault"),
        "engine killed": ("during the fault",),
        "tickets paused": ("settling",),
        "receiver out": ("at the canaries", "exporting", "judging"),
        "a suite": ("under load",),
    },
    "a disk of 16k": {"worker stopped": ("from the start",)},
    "a disk of 512k": {"tickets paused": ("from the start",)},
    "a disk of 2m": {"engine killed": ("from the start",)},
    "the folder becomes read-only": {
        "worker killed": ("before all is up", "under load", "exporting"),
        "receiver out": ("judging",),
    },
    "the folder is read-only": {"worker stopped": ("from the start",)},
    "stdout to `head -1`": {"worker stopped": ("from the start",)},
    "stdout closed": {"tickets paused": ("from the start",)},
    "stderr closed": {"receiver out": ("from the start",)},
    "both closed": {"worker stopped": ("from the start",)},
    "stdout to /dev/full": {"receiver out": ("from the start",)},
}
OPENING = """\
Real runs of both systems with a fault in flight (a stopped worker, an engine that was killed, paused tickets, a
receiver that refuses; PostgreSQL, repetitions, a suite). At a moment that chance decides within a phase something
happens to the harness itself. Nothing may be left five seconds later: no process of any session it began, stopped ones
and their children included, no listening port, no temporary file. `chaos check` must read the record, and never call
a run that was cut short a pass.

| what was done | tried | left over | record readable | exit codes |
|---|---|---|---|---|"""
SECOND_OF = 3
"""In one of so many cases it is the second system that something happens in."""


@dataclass(frozen=True)
class Kill:
    """One case: a deed, done to a workload at a moment (None: from its start), in a system's turn."""

    deed: Deed
    workload: Workload
    moment: Moment | None
    name: str

    @property
    def chance(self) -> random.Random:
        """The same chance whenever it is tried."""
        return random.Random(self.name)

    @property
    def is_run_alone(self) -> bool:
        """Say whether one system will do: the run comes to its end, whose way does not hang on how many there were."""
        is_late = self.moment is not None and self.moment.is_late
        return self.workload.scenarios == 1 and (is_late or self.deed.codes == VERDICTS)

    def systems(self, chance: random.Random) -> tuple[str, str]:
        """Return the system that runs first, and the one in whose turn it happens."""
        # Only there is anything killed, and do these phases last.
        is_temporals = self.workload.fault == "engine killed" or self.moment in {
            MOMENTS["settling"],
            MOMENTS["exporting"],
        }
        struck = "temporal" if is_temporals else chance.choice(list(SYSTEMS))
        is_second = chance.randrange(SECOND_OF) == 0
        return next(label for label in SYSTEMS if (label != struck) == is_second), struck


KILLS = {
    kill.name: kill
    for deed, workloads in PLANNED.items()
    for workload, moments in workloads.items()
    for moment in moments
    for kill in [Kill(DEEDS[deed], WORKLOADS[workload], MOMENTS.get(moment), f"{deed}; {workload}; {moment}")]
}


class Kills:
    """What happens to the harness, at random moments of real runs."""

    name = "kills"
    title = "What happens to the harness itself"
    side_by_side = 2

    def cases(self) -> Sequence[str]:
        return tuple(KILLS)

    def attempt(self, case: str, folder: Path) -> Outcome:
        kill = KILLS[case]
        chance = kill.chance
        first, struck = kill.systems(chance)
        scenarios = kill.workload.write(folder, first)
        with contextlib.ExitStack() as ending:
            disk = None
            if kill.deed.disk:
                assert CAN_MOUNT, "mounting a disk needs root"
                disk = ending.enter_context(mounted(folder / "disk", kill.deed.disk))
            out = (disk or folder) / "reports"
            alone = ["--system", struck] if kill.is_run_alone else []
            arguments = [*scenarios, *kill.workload.arguments, *alone]
            run = ending.enter_context(under_way(folder, out, arguments, streams=kill.deed.streams, chance=chance))
            run.disk = disk
            is_struck = kill.moment is None or run.wait_until(kill.moment, struck)
            if is_struck:
                kill.deed.do(run)
            return judged(kill, run, run.end(), is_struck=is_struck)

    def section(self, outcomes: Sequence[Outcome]) -> str:
        return "\n".join([OPENING, *(_row(deed, outcomes) for deed in PLANNED)])


def _row(deed: str, outcomes: Sequence[Outcome]) -> str:
    of_deed = [outcome.figures for outcome in outcomes if KILLS[outcome.case].deed.name == deed]
    codes = Counter(str(figures.get("code", "none")) for figures in of_deed)
    exits = ", ".join(f"{code} ({count})" for code, count in sorted(codes.items()))
    left = sum(int(figures.get("left", 0)) for figures in of_deed)
    readable = sum(figures.get("readable") == "yes" for figures in of_deed)
    return f"| {deed} | {len(of_deed)} | {left} | {readable} of {len(of_deed)} | {exits} |"


# -- what must hold afterwards


def judged(kill: Kill, run: RunUnderWay, code: int, *, is_struck: bool) -> Outcome:
    """Say whether all held that must."""
    errors = run.errors.read_text(errors="replace") if run.errors.exists() else ""
    checked = {folder: chaos("check", str(folder)) for folder in run_folders(run.out)}
    unreadable = [words for folder, ran in checked.items() for words in _unreadable(folder, ran)]
    wrong = [
        *(f"left over: {left}" for left in run.left),
        *unreadable,
        *_wrong_end(kill, code, errors, checked, is_struck=is_struck),
    ]
    codes = " ".join(str(ran.code) for ran in checked.values())
    readable = "no" if unreadable else "yes"
    figures: dict[str, float | str] = {"code": code, "left": len(run.left), "readable": readable, "check": codes}
    detail = "; ".join(wrong) + (f"; stderr ends: {errors[-600:]}" if wrong else "")
    return Outcome(kill.name, passed=not wrong, detail=detail, figures=figures)


def _unreadable(folder: Path, ran: Ran) -> list[str]:
    """Say what is wrong with how a record reads: a verdict, or a sentence and 2."""
    if ran.code not in {*VERDICTS, 2} or "Traceback" in ran.out + ran.err or not (ran.out or ran.err):
        return [f"`chaos check {folder.name}` exits {ran.code}: {(ran.out + ran.err)[-600:]}"]
    if ran.code == 0 and not is_whole(folder):
        return [f"`chaos check {folder.name}` passes a run that was cut short"]
    return []


def is_whole(folder: Path) -> bool:
    """Say whether every repetition that was asked for came to its end, as its journal has it."""
    card = msgspec.json.decode((folder / "run.json").read_bytes())
    places = [folder / label / str(n) for label in card["labels"] for n in range(1, card["repeat"] + 1)]
    return all(
        any('"name":"end"' in journal.read_text() for journal in place.glob("journal/harness-*.jsonl"))
        for place in places
    )


def _wrong_end(kill: Kill, code: int, errors: str, checked: dict[Path, Ran], *, is_struck: bool) -> list[str]:
    """Say what is wrong with the exit code and the last words."""
    wrong = ["there is a traceback on stderr"] if "Traceback" in errors else []
    if not is_struck and not (kill.moment and kill.moment.is_late):
        wrong.append(f"it ended before anything was done, with exit code {code}")
    if code in VERDICTS and (code not in kill.deed.codes):
        is_over = kill.moment is not None and kill.moment.is_late and _all_over(checked)
        return wrong if is_over else [*wrong, f"exit code {code}"]
    if code not in kill.deed.codes:
        return [*wrong, f"exit code {code}"]
    if not re.search(kill.deed.words, errors):
        wrong.append(f"no {kill.deed.words!r} on stderr")
    if code in VERDICTS and [ran.code for ran in checked.values()] != [code]:
        wrong.append(f"exit code {code}, but `chaos check` says {[ran.code for ran in checked.values()]}")
    return wrong


def _all_over(checked: dict[Path, Ran]) -> bool:
    """Say whether all runs had come to their end, reports and all."""
    return all(
        RUNNING not in (folder / "run.json").read_bytes() and (folder / "report.html").exists() for folder in checked
    )
