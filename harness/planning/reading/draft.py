"""A draft: what could be read of a scenario, so that its parts can be checked against each other, mistakes or not."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.faults.spec import FaultSpec
from harness.planning.reading.decode import Decoder
from harness.planning.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario with a default in place of every part that is wrong, and without the systems that are.

    `faults` are those that could be read, by their number in the file. Paths are as in `.faults[1].when.step`.
    """

    scenario: Scenario
    faults: Mapping[int, FaultSpec]
    decoder: Decoder

    def knows(self, *paths: str) -> bool:
        """Say whether all that stands at and below these paths could be read, or is absent."""
        return self.decoder.knows(*paths)

    def place_of(self, path: str) -> tuple[int, int]:
        """Return where a path stands: its value, or the nearest thing around it that is there."""
        return self.decoder.place_of(path)

    def named(self, path: str, default: str) -> str:
        """Name a setting and its line or, where it is absent, its default: the other place of a mistake."""
        written = self.decoder.places.get(path)
        where = f", by default {default}" if written is None else f" (line {written[0]})"
        return path.lstrip(".") + where
