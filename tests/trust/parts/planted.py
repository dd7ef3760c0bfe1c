"""Planted systems: each is caught by the check or the metric that is there for its bug, and by nothing else."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.broken.judge import COUNTS, attempts
from tests.broken.plant import Plant
from tests.broken.plants import PLANTS
from tests.trust.part import Outcome

TIMES = 10


class Planted:
    """A case a planted system: its scenario, ten times."""

    name = "planted"
    title = "Systems with a bug planted in them"
    side_by_side = 2

    def __init__(self, plants: Sequence[Plant] = PLANTS) -> None:
        self._plants = {plant.slug: plant for plant in plants}

    def cases(self) -> Sequence[str]:
        return list(self._plants)

    def attempt(self, case: str, folder: Path) -> Outcome:
        judged = attempts(self._plants[case], folder, TIMES)
        caught = sum(not complaints for complaints in judged)
        counted = Counter(complaint for complaints in judged for complaint in complaints)
        detail = "; ".join(f"{complaint} ({times}×)" for complaint, times in counted.items())
        return Outcome(case, passed=caught == TIMES, detail=detail, figures={"caught": caught})

    def section(self, outcomes: Sequence[Outcome]) -> str:
        head = [
            "| system | the bug | caught by | caught | what follows by definition | made by a real team |",
            "|---|---|---|---|---|---|",
        ]
        return "\n".join([OPENING, *head, *(_row(self._plants[outcome.case], outcome) for outcome in outcomes)])


OPENING = f"""\
Each is a bundled system with one bug, in a run with a healthy twin that has the same settings. It is caught where the
figure or the check that is there for it moved, with all that follows from it by definition, where no other check and
no other count moved, and where nothing is wrong with the twin. Tried {TIMES} times each.
"""


def _row(plant: Plant, outcome: Outcome) -> str:
    follows = [
        f"`{name}`{_amount(move.to)}: {move.why}" for name, move in plant.moves.items() if name != plant.caught_by
    ]
    source = f"[{plant.source.title}]({plant.source.address})" if plant.source else "–"
    cells = [
        f"`{plant.slug}`",
        plant.bug,
        f"`{plant.caught_by}`{_amount(plant.moves[plant.caught_by].to)}",
        f"{outcome.figures.get('caught', 0):g} of {TIMES}",
        "<br>".join(follows) or "nothing",
        source,
    ]
    return f"| {' | '.join(cells)} |"


def _amount(to: int | str | None) -> str:
    if isinstance(to, int):
        return f" {to:+d}"
    return f" as `{to}`" if to in COUNTS else f" {to}" if to else ""
