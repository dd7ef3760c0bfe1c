"""The parts of the proof, in the order of the page; one file a part."""

from tests.trust.part import Part
from tests.trust.parts.bad_luck import BadLuck
from tests.trust.parts.planted import Planted

PARTS: tuple[Part, ...] = (Planted(), BadLuck())
