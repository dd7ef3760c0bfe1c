"""The parts of the proof, in the order of the page; one file a part."""

from tests.trust.part import Part
from tests.trust.parts.mutants import Mutants

PARTS: tuple[Part, ...] = (Mutants(),)
