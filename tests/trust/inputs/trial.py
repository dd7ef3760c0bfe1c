"""Trying one input: what it is put through, and what of that was not as it must be."""

import filecmp
import json
import re
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.runfolder.seal import RESULT
from tests.support.recorded import unsealed
from tests.trust.inputs.expectations import COLUMN, LINE, ExpectationLine
from tests.trust.inputs.folders import Damage, prepared
from tests.trust.inputs.program import Hung, Ran, Watch, called, snapshot
from tests.trust.inputs.scenarios import ScenarioFile

NO_LABEL = "NO SUCH"
"""No system's label can be this: `run` reads the scenario, checks it, and refuses to start."""
REPORTS = ("html", "markdown", "table", "csv", "json", "junit")
QUESTIONS = (
    "T-0003",
    "T-0006",
    "lost",
    "sync.latency_p95",
    "resume_p50",
    "effects_duplicated",
    "agents_leaked",
    "cpu_per_ticket",
)


@dataclass
class Tried:
    """What came of one input: `faults` are what was not as it must be, `codes` what commands exited with."""

    faults: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    tracebacks: int = 0
    hangs: int = 0
    is_green: bool = False


class Bench:
    """A sandbox in which inputs are tried, one after the other; `watch` sees what leaves it."""

    def __init__(self, sandbox: Path) -> None:
        self.sandbox = sandbox
        self.place = sandbox / "work"
        self.outside = sandbox / "outside"
        (self.outside / "folder").mkdir(parents=True)
        (self.outside / "file").write_text("somebody else's\n")
        self._watch = Watch(sandbox)
        self._good: Path | None = None

    @property
    def good(self) -> Path:
        """The recorded run, undamaged and green."""
        if self._good is None:
            self._good = prepared(self.sandbox / "good")
            self._figures = figures(json.loads(called("check", str(self._good), "--format", "json").out))
        return self._good

    # -- each kind of input

    def scenario(self, given: ScenarioFile) -> Tried:
        """Put a scenario file through every command that reads one and starts nothing."""
        tried = Tried()
        self._clean()
        path = str(given.put(self.place))
        before = snapshot(self.sandbox)
        validated = self._call(tried, {0, 2}, "validate", path)
        planned = self._call(tried, {0, 2}, "plan", path)
        ran = self._call(tried, {2}, "run", path, "--system", NO_LABEL, "--out", str(self.sandbox / "runs"))
        is_folder = Path(path).is_dir()
        if validated and planned and not is_folder and validated.code != planned.code:
            tried.faults.append(f"validate exits {validated.code}, plan {planned.code}")
        for refused in filter(None, (validated, planned, ran)):
            tried.faults += _without_place(refused)
        if planned and planned.code == 0:
            tried.faults += _no_json(planned)
        self._look_around(tried, before)
        return tried

    def expectation(self, given: ExpectationLine) -> Tried:
        """Validate a scenario with one expectation: it is parsed, or refused with the column of its word."""
        tried = Tried()
        self._clean()
        path = str(given.put(self.place))
        before = snapshot(self.sandbox)
        ran = self._call(tried, {0, 2}, "validate", path)
        if ran and given.is_right and ran.code != 0:
            tried.faults.append(f"refused although it is right: {ran.err.strip()}")
        if ran and ran.code == 2:
            tried.faults += _without_place(ran)
            tried.faults += _outside_of_it(ran.err, given)
        self._look_around(tried, before)
        return tried

    def folder(self, given: tuple[list[Damage], str, str, bool, bool]) -> Tried:
        """Damage the run, and put it through every command that reads one."""
        damages, report, question, is_json, is_sealed = given
        tried = Tried()
        good = self.good
        self._clean()
        run = self.place / "run"
        shutil.copytree(good, run)
        if not is_sealed:
            unsealed(run)
        for damage in damages:
            damage.do(run, self.outside)
        before = snapshot(self.sandbox)
        checked = self._call(tried, {0, 1, 2, 3}, "check", str(run), *(("--format", "json") if is_json else ()))
        calls = [checked]
        if report != "page":
            calls.append(self._call(tried, {0, 2}, "report", str(run), "--format", report, "--output", "-"))
        calls.append(self._call(tried, {0, 2}, "explain", str(run), question))
        calls.append(self._call(tried, {0, 2}, "compare", str(run), str(run)))
        pair = (str(run), str(good)) if is_json else (str(good), str(run))
        gated = ("compare", *pair, "--force", "--fail-on", "lost > +0", "--format", "json" if is_json else "markdown")
        compared = self._call(tried, {0, 1, 2, 3}, *gated)
        calls.append(compared)
        if (
            compared
            and compared.code == 0
            and is_sealed
            and not filecmp.cmp(run / RESULT, good / RESULT, shallow=False)
        ):
            tried.faults.append("compare: a gate holds on a result that was damaged")
        for ran in filter(None, calls):
            tried.faults += _without_sentence(ran, "run")
        if checked and checked.code == 0:
            tried.is_green = True
            # A run without a seal is judged by what its record says now: it could not know better.
            tried.faults += self._unjustified(run) if is_sealed else ()
        self._look_around(tried, before)
        if report == "page":
            self._call(tried, {0, 2}, "report", str(run))
            self._look_around(tried, before, allowed=str(run / "report.html"))
        return tried

    def _unjustified(self, run: Path) -> Iterator[str]:
        """A green is right only where all that was judged is as it was before the damage."""
        now = figures(json.loads(called("check", str(run), "--format", "json").out))
        differing = [name for name in now.keys() | self._figures.keys() if now.get(name) != self._figures.get(name)]
        if differing:
            yield f"green, with other figures than before the damage: {', '.join(sorted(differing)[:8])}"

    # -- calling and looking

    def _clean(self) -> None:
        if self.place.exists():
            shutil.rmtree(self.place)
        self.place.mkdir()

    def _call(self, tried: Tried, allowed: set[int], *args: str) -> Ran | None:
        with self._watch.on() as seen:
            try:
                ran = called(*args)
            except Hung as hung:
                tried.hangs += 1
                tried.faults.append(f"{args[0]}: hang: {hung}")
                return None
            except Exception as error:  # noqa: BLE001 - what leaves `main` is a finding, whatever it is
                tried.tracebacks += 1
                tried.faults.append(f"{args[0]}: {type(error).__name__} left the program: {error}")
                return None
        tried.faults += [f"{args[0]}: {what}" for what in seen]
        tried.codes.append(f"{args[0]} {ran.code}")
        tried.slowest_s = max(tried.slowest_s, ran.seconds)
        if ran.has_traceback:
            tried.tracebacks += 1
            tried.faults.append(f"{args[0]}: traceback: {' / '.join(ran.err.strip().splitlines()[-4:])[-500:]}")
        elif ran.code not in allowed:
            tried.faults.append(f"{args[0]}: exit code {ran.code}: {ran.err.strip()[:300]}")
        tried.faults += [f"{args[0]}: prints {sign}" for sign in _controls(ran)]
        return ran

    def _look_around(self, tried: Tried, before: dict[str, tuple[int, ...]], allowed: str = "") -> None:
        now = snapshot(self.sandbox)
        changed = [path for path in before.keys() | now.keys() if before.get(path) != now.get(path) and path != allowed]
        tried.faults += [f"changed {Path(path).relative_to(self.sandbox)}" for path in sorted(changed)]


def figures(result: dict[str, Any]) -> dict[str, Any]:
    """Return all of a result that was judged, flat: figures, checks, faults, classes of tickets, expectations."""
    flat = {f"expectation {line['text']}": line["judged"] for line in result["expectations"]}
    for label, system in result["systems"].items():
        for number, repetition in enumerate(system["repetitions"], start=1):
            where = f"{label}/{number}"
            flat |= {f"{where} {name}": value for name, value in repetition["metrics"].items()}
            flat |= {f"{where} check {check['name']}": check["verdict"] for check in repetition["checks"]}
            flat |= {f"{where} {name}": repetition[name] for name in ("faults", "tickets", "pairs", "whole", "took_up")}
    return flat


DOCUMENTS = frozenset({"html", "csv", "junit", "json"})
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
SAID = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?P<column>\d+): ")


def _without_place(ran: Ran) -> list[str]:
    """Every mistake is told with file, line and column."""
    if ran.code != 2 or "--system: " in ran.err or NO_LABEL in ran.err or "expected a folder with scenarios" in ran.err:
        return []
    lines = [line for line in ran.err.splitlines() if line and "warning: " not in line]
    if not lines:
        return [f"{ran.args[0]}: exits 2 and says nothing"]
    if not SAID.match(lines[0]):
        return [f"{ran.args[0]}: a mistake without its place: {lines[0][:200]}"]
    return []


def _outside_of_it(said: str, given: ExpectationLine) -> list[str]:
    """A mistake in an expectation stands in it."""
    match = SAID.match(said)
    if match is None:
        return []
    line, column = int(match["line"]), int(match["column"])
    last_line = LINE + len(BREAK.findall(given.written))
    end = COLUMN + len(given.written) + 1
    # Of nothing at all the place is before it, right behind the dash; what is cut off ends in the line after.
    is_within = LINE <= line <= last_line + 1 and (line != LINE or COLUMN - 1 <= column <= end)
    return [] if is_within else [f"refused at {line}:{column}, and stands at {LINE}:{COLUMN}"]


def _without_sentence(ran: Ran, place: str) -> list[str]:
    """A command that refuses a folder says why on stderr, and where."""
    if ran.code not in {2, 4}:
        return []
    return (
        []
        if place in ran.err and len(ran.err.strip()) > 20
        else [f"{ran.args[0]}: exits {ran.code} and says {ran.err!r}"]
    )


def _no_json(ran: Ran) -> list[str]:
    try:
        json.loads(ran.out)
    except ValueError as error:
        return [f"{ran.args[0]}: no JSON: {error}"]
    return []


def _controls(ran: Ran) -> list[str]:
    """Name signs that would move a cursor, colour, or hide what stands beside them in a terminal."""
    # What programs read holds text as it is; what people read does not.
    is_document = ran.args[0] == "plan" or not DOCUMENTS.isdisjoint(ran.args)
    text = ran.err if is_document else ran.out + ran.err
    found = {sign for sign in text if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}}
    return [f"U+{ord(sign):04X}" for sign in sorted(found)]
